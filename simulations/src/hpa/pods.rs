//! The pods as the controller groups them for a CPU metric: measured, missing their metric, or not yet to be
//! counted. The rules are those of `groupPods` in Kubernetes' `replica_calculator.go`.

use jiff::{SignedDuration, Timestamp};

/// `--horizontal-pod-autoscaler-cpu-initialization-period`: so long after its start, a pod's CPU use counts only
/// if the pod is ready and was so for the whole measured window.
const CPU_INITIALIZATION_PERIOD: SignedDuration = SignedDuration::from_mins(5);

/// `--horizontal-pod-autoscaler-initial-readiness-delay`: a pod that turned unready this soon after its start, and
/// is so still, has never been ready.
const INITIAL_READINESS_DELAY: SignedDuration = SignedDuration::from_secs(30);

/// What the controller knows of one pod.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodView {
    /// How far the pod has come.
    pub state: PodState,
    /// Whether it was asked to go, or has failed: its CPU is no longer counted.
    pub leaving: bool,
    /// CPU that it requests, in thousandths of a core.
    pub cpu_request_millicores: u32,
    /// The newest CPU measurement that the metrics server has of it, if any.
    pub cpu_use: Option<CpuUse>,
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PodState {
    /// No container runs yet.
    Pending,
    /// Running since `started`, not ready since `since`; a pod that never was ready has both the same.
    Unready {
        /// When it was started.
        started: Timestamp,
        /// When its readiness last changed.
        since: Timestamp,
    },
    /// Running since `started`, ready since `since`.
    Ready {
        /// When it was started.
        started: Timestamp,
        /// When its readiness last changed.
        since: Timestamp,
    },
}

/// One measurement of a pod's CPU, as the resource metrics API serves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuUse {
    /// Mean use over the window, in thousandths of a core.
    pub millicores: f64,
    /// End of the window.
    pub at: Timestamp,
    /// Length of the window.
    pub window: SignedDuration,
}

/// Sums over the pods that are treated alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Group {
    pub(crate) pods: i64,
    pub(crate) use_millicores: i64,
    pub(crate) request_millicores: i64,
}

impl Group {
    fn add(&mut self, request_millicores: u32, use_millicores: i64) {
        self.pods += 1;
        self.use_millicores += use_millicores;
        self.request_millicores += i64::from(request_millicores);
    }

    /// These pods and those, with `use_millicores` put in the place of what those used.
    pub(crate) fn with(self, others: Self, use_millicores: i64) -> Self {
        Self {
            pods: self.pods + others.pods,
            use_millicores: self.use_millicores + use_millicores,
            request_millicores: self.request_millicores + others.request_millicores,
        }
    }
}

/// All pods of the target, grouped in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fleet {
    /// Pods there are, in whatever state.
    pub(crate) pods: i64,
    /// Pods that run and are ready, those that are leaving included.
    pub(crate) ready_pods: i64,
    /// Pods of which the metrics server knows anything.
    pub(crate) known_to_metrics: i64,
    /// Pods whose measurement counts.
    pub(crate) measured: Group,
    /// Pods that run without a measurement.
    pub(crate) missing: Group,
    /// Pods that are too young, or were never ready.
    pub(crate) unready: Group,
}

impl Fleet {
    /// Groups the pods as they are at `now`.
    pub(crate) fn of(pods: impl IntoIterator<Item = PodView>, now: Timestamp) -> Self {
        let mut fleet = Self::default();
        for pod in pods {
            fleet.add(&pod, now);
        }
        fleet
    }

    fn add(&mut self, pod: &PodView, now: Timestamp) {
        self.pods += 1;
        self.ready_pods += i64::from(matches!(pod.state, PodState::Ready { .. }));
        self.known_to_metrics += i64::from(pod.cpu_use.is_some());
        if pod.leaving {
            return;
        }
        match (pod.state, pod.cpu_use) {
            (PodState::Pending, _) => self.unready.add(pod.cpu_request_millicores, 0),
            (PodState::Unready { .. } | PodState::Ready { .. }, None) => {
                self.missing.add(pod.cpu_request_millicores, 0);
            }
            (state, Some(cpu)) if is_unready(state, cpu, now) => {
                self.unready.add(pod.cpu_request_millicores, 0);
            }
            // The API serves nanocores, and `MilliValue` rounds them up.
            (_, Some(cpu)) => self.measured.add(pod.cpu_request_millicores, cpu.millicores.ceil() as i64),
        }
    }
}

/// Whether the measurement of a running pod must not be counted yet.
fn is_unready(state: PodState, cpu: CpuUse, now: Timestamp) -> bool {
    match state {
        PodState::Pending => true,
        PodState::Ready { started, since } => {
            is_initializing(started, now) && cpu.at.duration_since(since) < cpu.window
        }
        PodState::Unready { started, since } => {
            is_initializing(started, now) || since.duration_since(started) < INITIAL_READINESS_DELAY
        }
    }
}

fn is_initializing(started: Timestamp, now: Timestamp) -> bool {
    now.duration_since(started) < CPU_INITIALIZATION_PERIOD
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 10_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A pod that started `started_ago` and changed its readiness `since_ago` seconds before now.
    fn ready(started_ago: i64, since_ago: i64) -> PodState {
        PodState::Ready { started: at(NOW_S - started_ago), since: at(NOW_S - since_ago) }
    }

    fn unready(started_ago: i64, since_ago: i64) -> PodState {
        PodState::Unready { started: at(NOW_S - started_ago), since: at(NOW_S - since_ago) }
    }

    /// A measurement over 30 s that ended so many seconds ago.
    fn measured_ago(seconds: i64) -> Option<CpuUse> {
        Some(CpuUse { millicores: 100.0, at: at(NOW_S - seconds), window: SignedDuration::from_secs(30) })
    }

    fn grouped(pod: PodView) -> (&'static str, Fleet) {
        let fleet = Fleet::of([pod], at(NOW_S));
        let group = match (fleet.measured.pods, fleet.missing.pods, fleet.unready.pods) {
            (1, 0, 0) => "measured",
            (0, 1, 0) => "missing",
            (0, 0, 1) => "unready",
            (0, 0, 0) => "ignored",
            groups => panic!("one pod was put into several groups: {groups:?}"),
        };
        (group, fleet)
    }

    fn check(state: PodState, cpu_use: Option<CpuUse>, expected: &str) {
        let pod = PodView { state, leaving: false, cpu_request_millicores: 500, cpu_use };
        assert_eq!(grouped(pod).0, expected, "{pod:?}");
    }

    #[test]
    fn a_young_pod_counts_once_a_whole_window_was_measured_while_ready() {
        check(ready(180, 120), measured_ago(60), "measured");
        check(ready(180, 80), measured_ago(60), "unready");
        check(ready(180, 90), measured_ago(60), "measured");
        check(unready(180, 120), measured_ago(60), "unready");
    }

    #[test]
    fn an_old_pod_counts_unless_it_was_never_ready() {
        check(ready(600, 1), measured_ago(60), "measured");
        check(unready(600, 300), measured_ago(60), "measured");
        check(unready(600, 600), measured_ago(60), "unready");
        check(unready(600, 571), measured_ago(60), "unready");
        check(unready(600, 570), measured_ago(60), "measured");
    }

    #[test]
    fn the_initialization_period_ends_after_five_minutes() {
        check(ready(299, 10), measured_ago(0), "unready");
        check(ready(300, 10), measured_ago(0), "measured");
    }

    #[test]
    fn pods_without_a_measurement_are_missing_and_pending_ones_unready() {
        check(ready(600, 500), None, "missing");
        check(unready(10, 10), None, "missing");
        check(PodState::Pending, None, "unready");
        check(PodState::Pending, measured_ago(60), "unready");
    }

    #[test]
    fn a_leaving_pod_is_ignored_but_still_ready() {
        let pod = PodView {
            state: ready(600, 500),
            leaving: true,
            cpu_request_millicores: 500,
            cpu_use: measured_ago(10),
        };
        let (group, fleet) = grouped(pod);
        assert_eq!((group, fleet.pods, fleet.ready_pods), ("ignored", 1, 1));
    }

    #[test]
    fn fractions_of_a_millicore_are_rounded_up() {
        let cpu_use = measured_ago(10).map(|cpu| CpuUse { millicores: 0.2, ..cpu });
        let pod = PodView { state: ready(600, 500), leaving: false, cpu_request_millicores: 500, cpu_use };
        assert_eq!(grouped(pod).1.measured, Group { pods: 1, use_millicores: 1, request_millicores: 500 });
    }
}
