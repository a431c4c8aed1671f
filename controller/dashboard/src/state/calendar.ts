// Days, weeks and months of the viewer, and wall clocks of other zones. Pure.

export const DAY_MS = 86_400_000;

export function startOfDay(at: number): Date {
  const date = new Date(at);
  date.setHours(0, 0, 0, 0);
  return date;
}

export function addDays(date: Date, days: number): Date {
  const next = new Date(date);
  next.setDate(next.getDate() + days);
  return next;
}

/** 1 for Monday to 7 for Sunday, as the viewer's locale begins its weeks. */
export function firstDayOfWeek(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    weekInfo?: { firstDay: number };
    getWeekInfo?: () => { firstDay: number };
  };
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}

export function startOfWeek(at: number, firstDay: number): Date {
  const day = startOfDay(at);
  return addDays(day, -((day.getDay() - (firstDay % 7) + 7) % 7));
}

/** The days that a month's sheet shows: whole weeks. */
export function monthSheet(at: number, firstDay: number): Date[] {
  const first = startOfDay(at);
  first.setDate(1);
  const start = startOfWeek(first.getTime(), firstDay);
  const after = new Date(first);
  after.setMonth(after.getMonth() + 1);
  const weeks = Math.ceil(Math.round((after.getTime() - start.getTime()) / DAY_MS) / 7);
  return Array.from({ length: weeks * 7 }, (_, i) => addDays(start, i));
}

export function weekSheet(at: number, firstDay: number): Date[] {
  const start = startOfWeek(at, firstDay);
  return Array.from({ length: 7 }, (_, i) => addDays(start, i));
}

/** What a clock on the wall shows in a zone, as `datetime-local` has it: 2026-07-07T19:00. */
export function wallClock(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
}
