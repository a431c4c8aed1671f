// Numbers and times in the viewer's own locale and zone. Missing is a dash, never 0.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const finer = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const signedPercents = new Intl.NumberFormat(undefined, {
  style: "percent",
  maximumFractionDigits: 0,
  signDisplay: "exceptZero",
});

export const MISSING = "–";

type Maybe = number | null | undefined;
const known = (value: Maybe): value is number =>
  value !== null && value !== undefined && Number.isFinite(value);

/** Demand, cost, a signal: as many digits as somebody reads. */
export function amount(value: Maybe): string {
  if (!known(value)) return MISSING;
  const size = Math.abs(value);
  if (1e6 <= size) return short.format(value);
  if (100 <= size || Number.isInteger(value)) return whole.format(value);
  return 1 <= size ? fine.format(value) : finer.format(value);
}

const rough = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

/** Where the digits after the third would only pretend to be known. */
export function roughly(value: Maybe): string {
  return known(value) ? rough.format(value) : MISSING;
}

/** A count of things that come in ones. */
export function count(value: Maybe): string {
  return known(value) ? whole.format(value) : MISSING;
}

/** For axes: 11.4K. */
export function compact(value: Maybe): string {
  return known(value) ? short.format(value) : MISSING;
}

export function percent(value: Maybe): string {
  return known(value) ? percents.format(value) : MISSING;
}

const finePercents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** A share whose tenths matter: 98.5%. */
export function finePercent(value: Maybe): string {
  return known(value) ? finePercents.format(value) : MISSING;
}

const tinyPercents = new Intl.NumberFormat(undefined, { style: "percent", maximumSignificantDigits: 2 });

/** A share that may be a few in a million: 0.002%. */
export function tinyPercent(value: Maybe): string {
  return known(value) ? tinyPercents.format(value) : MISSING;
}

/** A share that may be above or below: +31%. */
export function signedPercent(value: Maybe): string {
  return known(value) ? signedPercents.format(value) : MISSING;
}

/** "1 pod", "46 pods". */
export function pods(value: Maybe): string {
  return `${count(value)} ${value === 1 ? "pod" : "pods"}`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const monthFormat = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });
const utcFormat = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});

/** A moment as the API writes it, or milliseconds since 1970. */
export type Moment = string | number | Date;

export const millis = (moment: Moment): number =>
  moment instanceof Date ? moment.getTime() : typeof moment === "number" ? moment : Date.parse(moment);

const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();

/** 18:52, and the day before it where that is not the day of `now`. */
export function when(moment: Moment, now: Moment): string {
  const at = millis(moment);
  if (!Number.isFinite(at)) return MISSING;
  return sameDay(at, millis(now))
    ? clockFormat.format(at)
    : `${dayFormat.format(at)}, ${clockFormat.format(at)}`;
}

export const clock = (moment: Moment): string => clockFormat.format(millis(moment));
export const exactClock = (moment: Moment): string => clockSeconds.format(millis(moment));
export const day = (moment: Moment): string => dayFormat.format(millis(moment));
export const wholeDay = (moment: Moment): string => longDay.format(millis(moment));
export const month = (moment: Moment): string => monthFormat.format(millis(moment));
export const utc = (moment: Moment): string => `${utcFormat.format(millis(moment))} UTC`;

/** 45 s, 4 min, 1 h 20 min, 3 d. */
export function span(seconds: Maybe): string {
  if (!known(seconds)) return MISSING;
  const total = Math.abs(Math.round(seconds));
  if (total < 60) return `${count(total)} s`;
  if (total < 3600) {
    const rest = total % 60;
    return rest === 0 || 600 <= total
      ? `${count(total / 60)} min`
      : `${count(Math.floor(total / 60))} min ${rest} s`;
  }
  const hours = Math.floor(total / 3600);
  if (48 <= hours) return `${count(total / 86400)} d`;
  const minutes = Math.round((total % 3600) / 60);
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

/** "in 14 min", "3 min ago", "now". */
export function away(moment: Moment, now: Moment): string {
  const seconds = (millis(moment) - millis(now)) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  return 0 < seconds ? `in ${span(seconds)}` : `${span(seconds)} ago`;
}
