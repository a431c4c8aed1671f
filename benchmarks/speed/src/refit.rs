//! The peer: MSTL of augurs, fitted anew as in the forecast benchmark, on the logarithm of the last four days with a
//! season of a day.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use augurs::ets::{AutoETS, trend::AutoETSTrendModel};
use augurs::mstl::MSTLModel;
use augurs::prelude::*;

use crate::series::{HORIZONS, Series};

const DAY: usize = 1_440;
const WINDOW: usize = 4 * DAY;

/// Refits that are measured; the one in the middle counts.
const REFITS: usize = 5;

/// Seconds of a refit and its forecast.
pub(crate) fn seconds() -> Result<f64, Box<dyn Error>> {
    let (of_plain, mut seconds) = (Series::without_events(), vec![]);
    for series in 0..REFITS {
        let past: Vec<f64> = (0..WINDOW).map(|step| of_plain.demand(series, step).ln_1p()).collect();
        let start = Instant::now();
        let trend = AutoETSTrendModel::from(AutoETS::non_seasonal());
        let fitted = MSTLModel::new(vec![DAY], trend).fit(&past)?;
        black_box(fitted.predict(HORIZONS, None)?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(crate::middle(seconds))
}
