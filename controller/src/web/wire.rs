//! What the dashboard's API sends and takes: every JSON body, one type each. Times are RFC 3339 in UTC, durations are
//! seconds, demand is in its own unit, and what is missing is `null` and never 0.

mod accuracy;
mod cost;
mod event;
mod fleet;
mod problem;
mod replay;
mod room;
mod scaler;
mod session;
mod setup;
mod stream;
mod trail;
mod what_if;

pub use accuracy::{Accuracy, Calibration, EventsWorth, HorizonSkill, Outcome, SignalWorth};
pub use cost::{AdviceShown, AlwaysOnShown, ContainerAdviceShown, CostShown, CostSumShown};
pub use event::{
    EventDraft, EventEffect, EventRow, EventShort, Events, ExpectedDemandDraft, ExpectedDemandShown,
};
pub use fleet::{Fleet, PeakShown, ScalerMode, ScalerRow, ScalerState};
pub use problem::{FieldError, Problem, ProblemType, SignIn};
pub use replay::{Beside, ReplayCommand, ReplayEvent, ReplayResult, ReplayState};
pub use room::{
    HeadroomBy, HeadroomShown, LateShown, LeadTimesShown, PodsShown, PoolShown, StartHow, StartShown,
};
pub use scaler::{
    CapacityHow, CapacityShown, ConditionShown, ForecastShown, HpaShown, LeadTimeShown, Newest, PlanShown,
    ReasonShown, ScalerView, SignalShown, SpecShown, Term, WorkloadShown,
};
pub use session::{Session, SessionMode, TokenSignIn, Via};
pub use setup::{Setup, SetupItem, SetupState};
pub use stream::FleetNews;
pub use trail::{ReasonSpan, Trail};
pub use what_if::{Course, CoursePlan, EventChange, WhatIf, WhatIfAnswer};
