// What the API says, by the names that the pages use. The types themselves are made from openapi.json.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Accuracy = Schemas["Accuracy"];
export type Course = Schemas["Course"];
export type EventChange = Schemas["EventChange"];
/** An event as people write it; `cancelled` keeps it for the record, moving nothing. */
export type EventDraft = Schemas["EventDraft"] & { cancelled?: boolean };
export type EventRow = Schemas["EventRow"];
export type EventShort = Schemas["EventShort"];
export type Events = Schemas["Events"];
export type Fleet = Schemas["Fleet"];
export type FleetNews = Schemas["FleetNews"];
export type LeadTimes = Schemas["LeadTimesShown"];
export type Outcome = Schemas["Outcome"];
export type ReplayCommand = Schemas["ReplayCommand"];
export type ReplayState = Schemas["ReplayState"];
export type ScalerRow = Schemas["ScalerRow"];
export type ScalerView = Schemas["ScalerView"];
export type Session = Schemas["Session"];
export type Setup = Schemas["Setup"];
export type SetupItem = Schemas["SetupItem"];
export type Start = Schemas["StartShown"];
export type Trail = Schemas["Trail"];
export type WhatIf = Schemas["WhatIf"];
export type WhatIfAnswer = Schemas["WhatIfAnswer"];

export type Mode = ScalerRow["mode"];
export type State = ScalerRow["state"];
export type Advice = Schemas["AdviceShown"];
export type Cost = Schemas["CostShown"];
export type CostSum = Schemas["CostSumShown"];
export type Column = (number | null)[];
