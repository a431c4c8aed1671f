//! What is found of a scaler at a tick, one finding for each of its conditions.

use prescale_model::{Driver, Limit, Mode, Plan};

use super::{NoWorkload, Readings, history::History, readings::clock_ahead};
use crate::{
    hpa::Judgement,
    sources::{error::SourceError, kafka::Problem},
    status::{
        CONDITIONS, FORECASTING, Finding, HPA_HEALTHY, READY, SCALING_UNLIMITED, SIGNALS_HEALTHY,
        SOURCE_HEALTHY, Truth,
    },
};

/// What findings are made of.
pub(super) struct Evidence<'a> {
    /// What was found of node room.
    pub(super) headroom: Finding,
    pub(super) mode: Mode,
    pub(super) plan: &'a Plan,
    pub(super) readings: &'a Readings,
    /// Names of the signals, in the order of the readings.
    pub(super) signals: &'a [(String, crate::sources::Source)],
    pub(super) judgement: &'a Judgement,
    /// Why the HPA could not be applied the last time.
    pub(super) hpa_failure: Option<&'a str>,
    pub(super) history: &'a History,
    /// What is wrong with the newest spec, while the one before it runs.
    pub(super) refusal: Option<&'a str>,
}

/// All of them, in the order of the status.
pub(super) fn findings(evidence: &Evidence<'_>) -> [Finding; CONDITIONS] {
    let source = source(evidence.readings, evidence.plan);
    let hpa = hpa(evidence);
    [
        ready(evidence, &source, &hpa),
        source,
        signals(evidence),
        hpa,
        forecasting(evidence),
        unlimited(evidence.plan),
        evidence.headroom.clone(),
    ]
}

fn ready(evidence: &Evidence<'_>, source: &Finding, hpa: &Finding) -> Finding {
    if let Some(problems) = evidence.refusal {
        let message = format!("{problems}\nThe spec before this one goes on.");
        return Finding::wrong(READY, "InvalidSpec", message);
    }
    match &evidence.readings.workload {
        Ok(_) => {}
        Err(missing @ NoWorkload::NotFound { .. }) => {
            return Finding::wrong(READY, "TargetNotFound", missing.to_string());
        }
        Err(missing @ NoWorkload::NotScalable { .. }) => {
            return Finding::wrong(READY, "TargetNotScalable", missing.to_string());
        }
        Err(missing @ NoWorkload::Unreadable { .. }) => {
            return Finding::wrong(READY, "TargetUnreadable", missing.to_string());
        }
    }
    let is_active = evidence.mode == Mode::Active;
    if is_active && hpa.truth != Truth::True {
        return Finding { of: READY, ..hpa.clone() };
    }
    if source.truth == Truth::False && matches!(evidence.plan.reason.driver, Driver::HeldSize { .. }) {
        return Finding { of: READY, ..source.clone() };
    }
    match evidence.mode {
        Mode::Active => Finding::well(READY, "Active", "the HPA follows the plan"),
        Mode::Shadow => {
            Finding::well(READY, "Shadow", "plans are made and shown, the metric answers what is observed")
        }
        Mode::Paused => {
            Finding::well(READY, "Paused", "no plans are made, the metric answers what is observed")
        }
    }
}

/// Demand's source. One that answers late or not at all is told by what the plan does about it too.
fn source(readings: &Readings, plan: &Plan) -> Finding {
    let sample = match &readings.demand {
        Ok(sample) => sample,
        Err(error) if error.is_starting() => {
            return Finding::open(SOURCE_HEALTHY, "Starting", error.to_string());
        }
        Err(error) => return Finding::wrong(SOURCE_HEALTHY, code(error), error.to_string()),
    };
    if is_silent(&plan.reason.driver) {
        let message = "the source answers, with samples that are too old to be what is observed now";
        return Finding::wrong(SOURCE_HEALTHY, "Stale", message);
    }
    if let Some(unknown) = &readings.queue.unknown {
        let message = format!("demand is observed, and what waits is not known: {unknown}");
        return Finding::wrong(SOURCE_HEALTHY, "LagUnknown", message);
    }
    match clock_ahead(*sample, plan.made_at) {
        Some(ahead) => Finding::wrong(
            SOURCE_HEALTHY,
            "ClockBehind",
            format!(
                "the source's clock is ahead of the controller's by about {ahead:#}: demand is followed all the same, \
                 but events of the calendar are late by as much"
            ),
        ),
        None if readings.queue.notes.is_empty() => {
            Finding::well(SOURCE_HEALTHY, "Observed", "demand is observed")
        }
        None => {
            let notes = readings.queue.notes.join("\n");
            Finding::well(SOURCE_HEALTHY, "Observed", format!("demand is observed\n{notes}"))
        }
    }
}

fn signals(evidence: &Evidence<'_>) -> Finding {
    let readings = evidence.signals.iter().zip(&evidence.readings.signals);
    let mut silent = readings.filter_map(|((name, _), reading)| match reading {
        Ok(_) => None,
        Err(error) if error.is_starting() => None,
        Err(error) => Some((name, code(error), error.to_string())),
    });
    let Some((name, first_code, first)) = silent.next() else {
        return match evidence.signals.len() {
            0 => Finding::well(SIGNALS_HEALTHY, "None", "no signal is written"),
            _ => Finding::well(SIGNALS_HEALTHY, "Observed", "every signal is observed"),
        };
    };
    let mut message = format!("signal `{name}`: {first}");
    for (name, _, words) in silent {
        message += &format!("\nsignal `{name}`: {words}");
    }
    Finding::wrong(SIGNALS_HEALTHY, first_code, message)
}

/// One constant word for each way in which a source fails.
fn code(error: &SourceError) -> &'static str {
    match error {
        SourceError::NoSeries { .. } => "NoSeries",
        SourceError::Silent { .. } => "SourceSilent",
        SourceError::SeveralSeries { .. } => "SeveralSeries",
        SourceError::NotAnAmount { .. } => "NotAnAmount",
        SourceError::NotASeries { .. } => "NotASeries",
        SourceError::TooOld { .. } => "TooOld",
        SourceError::Refused { .. } => "QueryRefused",
        SourceError::Failed { .. } => "QueryFailed",
        SourceError::Denied { .. } => "CredentialsRefused",
        SourceError::HttpStatus { .. } => "HttpError",
        SourceError::Unreachable { .. } => "Unreachable",
        SourceError::Unreadable { .. } => "Unreadable",
        SourceError::TooLarge { .. } => "TooLarge",
        SourceError::TimedOut { .. } => "TimedOut",
        SourceError::Busy { .. } => "Busy",
        SourceError::NotConfigured { .. } => "NotConfigured",
        SourceError::Kafka { problem, .. } => code_of_topic(problem),
        SourceError::NothingPushed { .. } => "NothingPushed",
        SourceError::PushOff { .. } => "PushOff",
    }
}

fn code_of_topic(problem: &Problem) -> &'static str {
    match problem {
        Problem::NotPolled | Problem::OnePoll => "Starting",
        Problem::BeganAnew => "BeganAnew",
        Problem::Stale { .. } => "Stale",
        Problem::NoTopic => "NoTopic",
        Problem::Denied(..) => "CredentialsRefused",
        Problem::NoLeader { .. } => "NoLeader",
        Problem::Answered(_) => "QueryFailed",
        Problem::Unreachable { .. } => "Unreachable",
        Problem::TimedOut { .. } => "TimedOut",
        Problem::NoKafka | Problem::NotConfigured(_) => "NotConfigured",
        Problem::TooManyRecords { .. } => "TooLarge",
        Problem::NoField { .. } => "NotAnAmount",
        Problem::TooMany { .. } => "Busy",
    }
}

fn hpa(evidence: &Evidence<'_>) -> Finding {
    match evidence.hpa_failure {
        Some(failure) => Finding::wrong(HPA_HEALTHY, "NotApplied", failure.to_owned()),
        None => evidence.judgement.finding.clone(),
    }
}

fn forecasting(evidence: &Evidence<'_>) -> Finding {
    let plan = evidence.plan;
    if evidence.mode == Mode::Paused {
        return Finding::wrong(FORECASTING, "Paused", "nothing is planned ahead while paused");
    }
    if is_silent(&plan.reason.driver) {
        return Finding::wrong(FORECASTING, "SourceSilent", "the demand source is silent");
    }
    if let Some(withheld) = plan.reason.withheld {
        return Finding::wrong(FORECASTING, "Withheld", withheld.to_string());
    }
    match (&plan.reason.driver, evidence.history) {
        (Driver::Reactive { .. }, History::Failed { message }) => Finding::wrong(
            FORECASTING,
            "HistoryUnreadable",
            format!("history could not be read, so that it learns from now on: {message}"),
        ),
        (Driver::Reactive { .. }, History::Awaited | History::Learning) => {
            Finding::open(FORECASTING, "LearningFromHistory", "the history of demand is being learned")
        }
        (Driver::Reactive { .. }, History::Learned) => {
            Finding::open(FORECASTING, "ColdStart", "there is too little history to forecast")
        }
        (Driver::UnknownCapacity { .. }, _) => {
            Finding::open(FORECASTING, "UnknownCapacity", "what a replica serves is not known yet")
        }
        (Driver::HeldSize { .. }, _) => {
            Finding::open(FORECASTING, "NoDemandYet", "no demand has been observed yet, and the size is kept")
        }
        _ => Finding::well(FORECASTING, "Forecasting", "the plan looks ahead"),
    }
}

fn unlimited(plan: &Plan) -> Finding {
    match plan.reason.limit {
        Some(Limit::Ceiling) => {
            Finding::wrong(SCALING_UNLIMITED, "TooManyReplicas", "spec.maxReplicas holds the plan down")
        }
        Some(
            Limit::Floor
            | Limit::Partitions
            | Limit::EvenPartitions
            | Limit::UpRate
            | Limit::DownRate
            | Limit::DownWindow
            | Limit::Silence,
        )
        | None => Finding::well(SCALING_UNLIMITED, "WithinLimits", "spec.maxReplicas leaves room"),
    }
}

/// Whether the demand source has fallen silent.
pub(super) fn is_silent(driver: &Driver) -> bool {
    match driver {
        Driver::HeldPlan { .. } | Driver::LastObserved { .. } | Driver::HeldSize { silent_for: Some(_) } => {
            true
        }
        Driver::Forecast { .. }
        | Driver::Observed { .. }
        | Driver::Reactive { .. }
        | Driver::Draining { .. }
        | Driver::UnknownCapacity { .. }
        | Driver::HeldSize { silent_for: None } => false,
    }
}
