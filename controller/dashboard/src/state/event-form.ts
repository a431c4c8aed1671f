// The form of an event as people type it, and the draft that is sent. The server checks; here only what has no meaning
// in the draft at all is refused. Pure.
import type { EventDraft, EventRow } from "../api/types";
import { wallClock } from "./calendar";

export const calledOff = (event: EventRow): boolean => event.phase === "Cancelled";

/** Every field as text, by the name that the server uses for it. */
export interface EventForm {
  namespace: string;
  name: string;
  type: string;
  effect: EventRow["effect"];
  startsAt: string;
  endsAt: string;
  duration: string;
  timeZone: string;
  magnitude: string;
  confidence: string;
  "expectedDemand.peak": string;
  "expectedDemand.rampUp": string;
  labels: string;
  cancelled: boolean;
}

export type FieldName = keyof EventForm;

export function emptyForm(namespace: string, at: number, timeZone: string): EventForm {
  return {
    namespace,
    name: "",
    type: "",
    effect: "Demand",
    startsAt: wallClock(at, timeZone),
    endsAt: "",
    duration: "",
    timeZone,
    magnitude: "",
    confidence: "",
    "expectedDemand.peak": "",
    "expectedDemand.rampUp": "",
    labels: "",
    cancelled: false,
  };
}

const written = (value: number | null): string => (value === null ? "" : String(value));

export function formOf(event: EventRow, viewerZone: string): EventForm {
  const timeZone = event.timeZone ?? viewerZone;
  return {
    namespace: event.namespace,
    name: event.name,
    type: event.type,
    effect: event.effect,
    startsAt: wallClock(Date.parse(event.startsAt), timeZone),
    endsAt: event.endsAt <= event.startsAt ? "" : wallClock(Date.parse(event.endsAt), timeZone),
    duration: "",
    timeZone,
    magnitude: written(event.magnitude),
    confidence: String(event.confidence),
    "expectedDemand.peak": written(event.expectedDemand?.peak ?? null),
    "expectedDemand.rampUp": event.expectedDemand ? `${event.expectedDemand.rampUpSeconds}s` : "",
    labels: Object.entries(event.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(", "),
    cancelled: calledOff(event),
  };
}

/** The draft, or what is wrong at which field. */
export function draftOf(form: EventForm, edited: EventRow | null): EventDraft | Map<FieldName, string> {
  const wrong = new Map<FieldName, string>();
  const number = (field: "magnitude" | "confidence" | "expectedDemand.peak"): number | undefined => {
    const text = form[field].trim();
    if (text === "") return undefined;
    const value = Number(text);
    if (!Number.isFinite(value)) wrong.set(field, `“${text}” is not a number`);
    return value;
  };
  const labels: Record<string, string> = {};
  for (const part of form.labels.split(",").map((s) => s.trim())) {
    if (part === "") continue;
    const [key, value, ...rest] = part.split("=").map((s) => s.trim());
    if (!key || value === undefined || 0 < rest.length) wrong.set("labels", `“${part}” is not key=value`);
    else labels[key] = value;
  }
  const draft: EventDraft = {
    namespace: form.namespace.trim(),
    name: form.name.trim(),
    type: form.type.trim(),
    effect: form.effect,
    startsAt: wall(form.startsAt),
    labels,
  };
  if (form.endsAt !== "") draft.endsAt = wall(form.endsAt);
  if (form.duration.trim() !== "") draft.duration = form.duration.trim();
  if (form.timeZone.trim() !== "") draft.timeZone = form.timeZone.trim();
  const [magnitude, confidence, peak] = [
    number("magnitude"),
    number("confidence"),
    number("expectedDemand.peak"),
  ];
  if (magnitude !== undefined) draft.magnitude = magnitude;
  if (confidence !== undefined) draft.confidence = confidence;
  const rampUp = form["expectedDemand.rampUp"].trim();
  if (peak !== undefined) draft.expectedDemand = { peak, rampUp: rampUp === "" ? "10m" : rampUp };
  else if (rampUp !== "") wrong.set("expectedDemand.peak", "a ramp-up needs the peak that it leads to");
  if (form.cancelled || (edited !== null && calledOff(edited))) draft.cancelled = form.cancelled;
  if (edited !== null) draft.resourceVersion = edited.resourceVersion;
  return 0 < wrong.size ? wrong : draft;
}

/** A local time with its seconds, as the API takes it. */
const wall = (local: string): string => (/T\d\d:\d\d$/.test(local) ? `${local}:00` : local);

/** Which field a refusal speaks of, where the server does not say it apart. */
export function fieldNamedIn(detail: string, fields: readonly FieldName[]): FieldName | null {
  const longest = [...fields].sort((a, b) => b.length - a.length);
  return longest.find((field) => new RegExp(`\\b${field.replace(".", "\\.")}\\b`).test(detail)) ?? null;
}
