//! `make e2e-loop`: an on-sale, twice, on the whole loop: people come to live rooms, gateways run as real processes of pods,
//! a real Prometheus scrapes them, and the real HPA sets how many there are: once by the demand that is observed, once by
//! what Prescale plans for an announced event. An interaction that was acknowledged later than a second after it was meant
//! is late; those of people in line wait with them. Nodes, images and the Service are simulated: a delay, and a balancer.
#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;
#[path = "whole_loop/ground.rs"]
mod ground;
#[path = "whole_loop/manifests.rs"]
mod manifests;

use std::path::Path;
use std::time::Duration;

use figure::{Bar, Figure};
use ground::{Ground, Outcome};

/// Late interactions that must be spared, and pod-seconds that may be paid for it, as shares of the reactive HPA's.
const LATE_AT_MOST: f64 = 0.2;
const POD_SECONDS_AT_MOST: f64 = 1.1;

/// How the crowd comes and goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale {
    /// People before and after it.
    pub(crate) before: u32,
    /// People while it lasts.
    pub(crate) during: u32,
    /// From the begin of the load to the start of the sale.
    pub(crate) starts_in: Duration,
    /// From nearly nobody to all.
    pub(crate) climb: Duration,
    /// From its start to its end.
    pub(crate) lasts: Duration,
    /// After its end: until both are small again.
    pub(crate) after: Duration,
}

impl Sale {
    fn lasting(lasts: Duration) -> Self {
        let seconds = Duration::from_secs;
        Self {
            before: 60,
            during: 600,
            starts_in: seconds(120),
            climb: seconds(10),
            lasts,
            after: seconds(150),
        }
    }

    /// Levels of `share` times the crowd, as the load tool writes them.
    pub(crate) fn levels(&self, share: f64) -> String {
        let (before, during) = (f64::from(self.before) * share, f64::from(self.during) * share);
        let starts = self.starts_in.as_secs();
        let ends = starts + self.lasts.as_secs();
        let climbed = starts + self.climb.as_secs();
        let fallen = ends + self.climb.as_secs();
        format!("{before}@0s,{before}@{starts}s,{during}@{climbed}s,{during}@{ends}s,{before}@{fallen}s")
    }

    pub(crate) fn length(&self) -> Duration {
        self.starts_in + self.lasts + self.after
    }
}

#[tokio::main]
async fn main() {
    let lasts = std::env::var("LASTS").map_or(480, |lasts| lasts.parse().expect("LASTS is seconds"));
    let sale = Sale::lasting(Duration::from_secs(lasts));
    let ground = Ground::start().await;
    let reactive = ground.play("reactive", &sale, &manifests::reactive()).await;
    let prescale = ground.play("prescale", &sale, &manifests::prescale(&sale)).await;
    let figures = figures(&reactive, &prescale);
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("written to {}", figure::write(&root, "loop.json", &figures).unwrap().display());
}

fn figures(reactive: &Outcome, prescale: &Outcome) -> Vec<Figure> {
    let of = |name: &str, outcome: &Outcome| {
        [
            Figure::new(format!("interactions, {name}"), "", Bar::None, outcome.due as f64),
            Figure::new(format!("late interactions, {name}"), "", Bar::None, outcome.late as f64),
            Figure::new(format!("pod-seconds, {name}"), "s", Bar::None, outcome.pod_seconds),
        ]
    };
    let late = prescale.late as f64 / reactive.late.max(1) as f64;
    let paid = prescale.pod_seconds / reactive.pod_seconds;
    let mut figures: Vec<_> = of("reactive HPA", reactive).into();
    figures.extend(of("Prescale", prescale));
    figures.push(Figure::new("late, of the reactive HPA's".into(), "", Bar::AtMost(LATE_AT_MOST), late));
    figures.push(Figure::new(
        "paid, of the reactive HPA's".into(),
        "",
        Bar::AtMost(POD_SECONDS_AT_MOST),
        paid,
    ));
    figures
}
