// What the API says, by the names that the pages use. The types themselves are made from openapi.json.

export type Mode = "Shadow" | "Active" | "Paused";
export type State = "ok" | "warning" | "failing";

export interface Session {
  user: string;
  via: "token" | "oidc" | "anonymous" | "replay";
  csrf: string;
  expiresAt: string | null;
  mode: "live" | "replay";
  version: string;
  cluster: string | null;
  canChangeEvents: boolean;
}

export interface ScalerRow {
  namespace: string;
  name: string;
  mode: Mode;
  target: string;
  demand: number | null;
  planned: number | null;
  running: number | null;
  next: number[];
  peak: { demand: number; at: string } | null;
  skill: number | null;
  state: State;
  wrong: string | null;
  reason: string;
  at: string;
}

export interface Fleet {
  now: string;
  horizonSeconds: number;
  items: ScalerRow[];
}

export interface FleetDelta {
  now: string;
  items: ScalerRow[];
  removed: string[];
}

export interface EventShort {
  name: string;
  type: string;
  effect: string;
  startsAt: string;
  endsAt: string | null;
  expectedPeak: number | null;
  learnedUplift: number | null;
  observedPeak: number | null;
}

export interface SignalView {
  name: string;
  source: string;
  newest: { at: string; value: number } | null;
  problem: string | null;
}

export interface ForecastView {
  origin: string;
  stepSeconds: number;
  quantiles: number[];
  values: number[][];
  withheld: string | null;
}

export interface ReasonView {
  sentence: string;
  code: string;
  driver: string;
  limit: string | null;
  sum: { label: string; value: string }[];
}

export interface ScalerView {
  row: ScalerRow;
  spec: {
    minReplicas: number;
    maxReplicas: number;
    stepSeconds: number;
    risk: number;
    horizonSeconds: number;
    demandSource: string;
    capacity: { perReplica: number | null; how: "given" | "learned" | "learning" };
    fallback: string;
  };
  plan: {
    madeAt: string;
    replicas: number;
    headroom: number;
    demand: number | null;
    observed: number | null;
    leadTime: { podSeconds: number; nodeSeconds: number };
    reason: ReasonView;
  };
  workload: { replicas: number; existing: number; ready: number | null } | null;
  lag: number | null;
  nodes: number | null;
  forecast: ForecastView | null;
  signals: SignalView[];
  events: EventShort[];
  conditions: { type: string; status: string; reason: string; message: string; lastTransitionTime: string }[];
  hpa: { name: string | null; says: string | null };
}

export type Column = (number | null)[];

export interface Trail {
  stepSeconds: number;
  at: string[];
  demand: Column;
  forecast: Column;
  low: Column;
  high: Column;
  planned: Column;
  running: Column;
  ready: Column;
  headroom: Column;
  nodes: Column;
  served: Column;
  signals: Record<string, Column>;
  reasons: { from: string; to: string; sentence: string; replicas: number }[];
}

export interface Outcome {
  lateMinutes: number | null;
  replicaHours: number | null;
  minutes: number;
}

export interface Accuracy {
  judgedSteps: number;
  since: string | null;
  calibration: { quantile: number; covered: number | null; steps: number }[];
  horizons: {
    horizonSeconds: number;
    error: number | null;
    lastValueError: number | null;
    skill: number | null;
    steps: number;
  }[];
  events: { class: string; seen: number; learnedUplift: number | null; worth: string }[];
  signals: { name: string; worth: string | null }[];
  reality: Outcome;
  plan: Outcome;
  saysWhat: string;
}

export interface EventDraft {
  namespace: string;
  name: string;
  type: string;
  effect?: string;
  startsAt: string;
  endsAt?: string;
  duration?: string;
  timeZone?: string;
  magnitude?: number;
  confidence?: number;
  expectedDemand?: { peak: number; rampUp: string };
  labels?: Record<string, string>;
  cancelled?: boolean;
  resourceVersion?: string;
}

export interface EventChange {
  name: string;
  startsAt?: string;
  shiftSeconds?: number;
  magnitudeTimes?: number;
  cancelled?: boolean;
}

export interface WhatIf {
  events?: EventChange[];
  add?: EventDraft[];
  risk?: number;
  minReplicas?: number;
  maxReplicas?: number;
  perReplica?: number;
  podSeconds?: number;
  nodeSeconds?: number;
}

export interface Course {
  at: string[];
  demand: number[];
  replicas: number[];
  headroom: number[];
  plan: { replicas: number; headroom: number; sentence: string };
}

export interface WhatIfAnswer {
  before: Course;
  after: Course;
  says: string;
}

export interface EventRow extends EventShort {
  namespace: string;
  timeZone: string | null;
  magnitude: number | null;
  confidence: number;
  expectedDemand: { peak: number; rampUpSeconds: number } | null;
  phase: string;
  labels: Record<string, string>;
  resourceVersion: string;
  scalers: string[];
  problem: string | null;
  cancelled?: boolean;
  duration?: string | null;
}

export interface Events {
  now: string;
  items: EventRow[];
}

export interface SetupItem {
  id: string;
  what: string;
  state: "ok" | "failing" | "off";
  says: string;
  fix: string | null;
}

export interface Setup {
  items: SetupItem[];
}

export interface ReplayState {
  recording: string;
  policy: string;
  from: string;
  to: string;
  at: string;
  speed: number;
  paused: boolean;
  ended: boolean;
  events: { name: string; startsAt: string }[];
  endsIn: number | null;
  result: {
    lateRequests: number;
    requests: number;
    cost: number;
    beside: { policy: string; lateRequests: number; cost: number }[];
  } | null;
}

export type ReplayCommand =
  | { speed: number }
  | { pause: true }
  | { resume: true }
  | { jumpTo: string }
  | { restart: true };
