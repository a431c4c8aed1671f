//! What people see while a run goes on: a bar of its seconds, with the counts so far. On a pipe there is none.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tokio::time::{Instant, interval};

use crate::tally::{Tally, total};

const EVERY: Duration = Duration::from_millis(250);
const TEMPLATE: &str = "{elapsed:>4} {wide_bar} {msg}";

/// Shows how far a run of `length` is, until the future is dropped.
pub async fn show(tally: Arc<Tally>, length: Duration) {
    let bar = ProgressBar::new(length.as_millis() as u64);
    bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let (mut ticks, mut begin) = (interval(EVERY), None);
    loop {
        ticks.tick().await;
        let counts = tally.counts();
        let message = format!(
            "due {} · acked {} · late {} · refused {} · lost {}",
            HumanCount(counts.due),
            HumanCount(counts.acked),
            HumanCount(counts.late),
            HumanCount(total(&counts.refused)),
            HumanCount(total(&counts.lost)),
        );
        let under_way = 0 < counts.due;
        drop(counts);
        if under_way {
            let begin = *begin.get_or_insert_with(Instant::now);
            bar.set_position(begin.elapsed().as_millis() as u64);
        }
        bar.set_message(message);
    }
}
