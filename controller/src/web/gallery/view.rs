//! One scaler in full: what its last tick left, and what the scaler itself knows now.

use jiff::SignedDuration;
use prescale_model::{Autoscaler, Event, Plan, forecast::QUANTILES, lead_time::KnownBy};

use super::{Hung, exhibit::Exhibit, money, room, shown};
use crate::{
    status::HPA_HEALTHY,
    web::wire::{
        EventShort, ForecastShown, HpaShown, LeadTimeShown, Newest, PlanShown, ReasonShown, ScalerView,
        SignalShown, Term, WorkloadShown,
    },
};

/// What the scaler itself knows.
struct Known {
    forecast: Option<ForecastShown>,
    horizon_s: f64,
    /// The newest sample of each signal.
    newest: Vec<Option<Newest>>,
    /// The uplift of each event's class, once one was seen.
    uplifts: Vec<Option<f64>>,
    starts: Starts,
}

/// What it knows of starts, of pods and of nodes.
pub(super) struct Starts {
    /// How many are remembered.
    pub(super) remembered: (usize, usize),
    pub(super) known: (KnownBy, KnownBy),
    pub(super) hpa_period: SignedDuration,
}

impl Starts {
    fn of(autoscaler: &Autoscaler) -> Self {
        let starts = autoscaler.starts();
        Self {
            remembered: (starts.pods.len(), starts.nodes.len()),
            known: autoscaler.lead_times_known(),
            hpa_period: autoscaler.hpa_period(),
        }
    }
}

/// One scaler in full; `None` where it is gone.
pub(super) fn view(hung: &Hung) -> Option<ScalerView> {
    let (living, spec, events) = {
        let exhibit = hung.lock();
        (exhibit.living.clone(), exhibit.spec.clone(), exhibit.events.clone())
    };
    let names: Vec<&str> = spec.signals.iter().map(|(name, _)| name.as_str()).collect();
    let mut known = None;
    living.look(&mut |autoscaler| known = Some(Known::of(autoscaler, &names, &events)));
    let known = known?;
    let (cost, advice) = living.money();
    let view = hung.lock().view(known);
    Some(ScalerView { cost: cost.map(money::cost), advice: advice.map(money::advice), ..view })
}

impl Known {
    fn of(autoscaler: &Autoscaler, signals: &[&str], events: &[Event]) -> Self {
        let forecaster = autoscaler.forecaster();
        let settings = forecaster.settings();
        let newest = |name: &&str| {
            let sample = autoscaler.signal(name)?.newest()?;
            Some(Newest { at: sample.at(), value: sample.value() })
        };
        let uplift = |event: &Event| {
            let profile = forecaster.tracker().profiles().get(&event.class)?;
            (0 < profile.events()).then(|| profile.peak())
        };
        Self {
            forecast: autoscaler.forecast().map(|forecast| ForecastShown {
                origin: forecast.origin,
                step_seconds: forecast.step.as_secs_f64(),
                quantiles: QUANTILES.to_vec(),
                values: forecast.values.iter().map(|values| values.to_vec()).collect(),
                withheld: forecast.withheld.map(|withheld| withheld.to_string()),
            }),
            horizon_s: settings.step.as_secs_f64() * f64::from(settings.longest),
            newest: signals.iter().map(newest).collect(),
            uplifts: events.iter().map(uplift).collect(),
            starts: Starts::of(autoscaler),
        }
    }
}

impl Exhibit {
    fn view(&self, known: Known) -> ScalerView {
        let signals = self.spec.signals.iter().enumerate();
        let signals = signals.map(|(index, (name, source))| SignalShown {
            name: name.clone(),
            source: shown::source(source),
            newest: known.newest.get(index).copied().flatten(),
            problem: self.signal_problems.get(index).cloned().flatten(),
        });
        let events = self.events.iter().enumerate();
        let events = events.map(|(index, event)| EventShort {
            name: event.name.clone(),
            class: event.class.clone(),
            effect: event.effect.into(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            expected_peak: event.expected.map(|expected| expected.peak),
            learned_uplift: known.uplifts.get(index).copied().flatten(),
            observed_peak: self.peaks.get(index).copied().flatten(),
        });
        ScalerView {
            row: self.row.clone(),
            spec: shown::spec(&self.spec, self.plan.reason.capacity, known.horizon_s),
            plan: plan(&self.plan),
            workload: self.workload.map(|workload| WorkloadShown {
                replicas: workload.replicas,
                existing: workload.existing,
                ready: workload.ready,
            }),
            lag: self.lag,
            pods: room::pods(&self.room),
            nodes: self.nodes,
            pools: self.room.pools.iter().map(room::pool).collect(),
            headroom: room::headroom(self),
            late: self.plan.late.as_ref().map(room::late),
            lead_times: room::lead_times(&self.plan, &known.starts),
            cost: None,
            advice: None,
            signals: signals.collect(),
            events: events.collect(),
            forecast: known.forecast,
            conditions: self.found.conditions(),
            hpa: HpaShown { name: self.hpa.clone(), says: self.found.says(HPA_HEALTHY).map(str::to_owned) },
        }
    }
}

fn plan(plan: &Plan) -> PlanShown {
    let reason = &plan.reason;
    let term = |term: prescale_model::Term| Term { label: term.label, value: term.value };
    PlanShown {
        made_at: plan.made_at,
        replicas: plan.replicas,
        headroom: plan.headroom,
        demand: plan.demand,
        observed: plan.observed,
        lead_time: LeadTimeShown {
            pod_seconds: plan.lead_time.pod.as_secs_f64(),
            node_seconds: plan.lead_time.node.as_secs_f64(),
        },
        reason: ReasonShown {
            sentence: reason.to_string(),
            code: reason.code().to_owned(),
            driver: reason.driver.to_string(),
            limit: reason.limit.map(|limit| limit.to_string()),
            sum: reason.sum().into_iter().map(term).collect(),
        },
    }
}
