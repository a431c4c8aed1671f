//! `make bench-forecast-speed`: what the forecast engine costs with 50,000 series resident, beside a refit of MSTL in
//! the same run, as a table and as `target/bench/forecast-speed.json`.
//!
//! A tick is all that a step costs: it is learned, at each of the engine's horizons, and five quantiles are said for
//! each of the next 15 minutes. All runs on one core. Times are those of this machine, today; the ratio is not.

mod counted;
#[path = "../../../simulations/benches/figures/figure.rs"]
#[expect(dead_code, reason = "no figure here has a bar from below")]
mod figure;
mod refit;
mod series;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use figure::{Bar, Figure};
use prescale_model::forecast::{Engine, Forecaster};
use series::{Series, WARM_STEPS};

/// Series resident at once. Half of them have an event in reach all the while, far more than a calendar has.
const SERIES: usize = 50_000;

/// Ticks of all series that are measured; the one in the middle counts.
const TICKS: usize = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let plain = Half::resident(Series::without_events());
    let eventful = Half::resident(Series::with_events());
    let figures = figures(plain, eventful)?;
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = figure::write(&root, "forecast-speed.json", &figures)?;
    println!("written to {}", path.canonicalize()?.display());
    Ok(())
}

fn figures(mut plain: Half, mut eventful: Half) -> Result<Vec<Figure>, Box<dyn Error>> {
    let (of_plain, of_eventful): (Vec<f64>, Vec<f64>) =
        (0..TICKS).map(|tick| (plain.tick(tick), eventful.tick(tick))).unzip();
    let of_all =
        middle(of_plain.iter().zip(&of_eventful).map(|(plain, eventful)| plain + eventful).collect());
    let (of_plain, of_eventful) = (middle(of_plain), middle(of_eventful));
    let half = SERIES as f64 / 2.0;
    let mean_tick = of_all / SERIES as f64;
    let refit = refit::seconds()?;
    let microseconds = |name: &str, bar, seconds: f64| Figure::new(name.into(), "µs", bar, 1e6 * seconds);
    let kibibytes = |name: &str, bar, bytes: f64| Figure::new(name.into(), "KiB", bar, bytes / 1_024.0);
    Ok(vec![
        microseconds("a series-tick, half of them with an event in reach", Bar::AtMost(20.0), mean_tick),
        microseconds("a series-tick without events", Bar::AtMost(20.0), of_plain / half),
        microseconds("a series-tick with an event in reach", Bar::None, of_eventful / half),
        Figure::new("a tick of all 50,000 series".into(), "s", Bar::AtMost(1.0), of_all),
        kibibytes(
            "a series, half of them with events",
            Bar::AtMost(32.0),
            0.5 * (plain.bytes_a_series() + eventful.bytes_a_series()),
        ),
        kibibytes("a series without events", Bar::AtMost(32.0), plain.bytes_a_series()),
        kibibytes("a series with events", Bar::AtMost(32.0), eventful.bytes_a_series()),
        kibibytes("the same, grown from its first step", Bar::AtMost(32.0), eventful.grown as f64),
        Figure::new("a refit of MSTL (augurs) on 4 days".into(), "ms", Bar::None, 1e3 * refit),
        Figure::new("the refit over a series-tick".into(), "ratio", Bar::None, refit / mean_tick),
    ])
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Half of all series: those of one kind.
struct Half {
    series: Series,
    engines: Vec<Engine>,
    /// Bytes of all engines, their heap included.
    bytes: usize,
    /// Bytes of one that has grown step by step.
    grown: usize,
}

impl Half {
    /// One engine is warmed, and all others start as copies of it. They see values of their own from then on.
    fn resident(series: Series) -> Self {
        let before = counted::bytes();
        let mut warm = Engine::new(series::SETTINGS);
        (0..WARM_STEPS).for_each(|step| series.teach(&mut warm, 0, step));
        let grown = counted::bytes() - before + size_of::<Engine>();
        let engines = vec![warm; SERIES / 2];
        Self { series, engines, bytes: counted::bytes() - before, grown }
    }

    /// Seconds that a step of all of them takes.
    fn tick(&mut self, tick: usize) -> f64 {
        let (before, start) = (counted::bytes(), Instant::now());
        for (index, engine) in self.engines.iter_mut().enumerate() {
            self.series.teach(engine, index, WARM_STEPS + tick);
            black_box(engine.forecast());
        }
        let seconds = start.elapsed().as_secs_f64();
        self.bytes = self.bytes + counted::bytes() - before;
        seconds
    }

    fn bytes_a_series(&self) -> f64 {
        self.bytes as f64 / self.engines.len() as f64
    }
}
