//! The augurs peer of the forecast benchmark: reads a series and origins, and writes a point forecast for each origin
//! and horizon. The model is fitted anew at each origin, on the logarithm of a window that ends there.
//!
//! `augurs-peer ets|mstl VALUES ORIGINS HORIZONS WINDOW PERIOD` — VALUES and ORIGINS are files with a number a line,
//! HORIZONS are steps with commas between them, WINDOW and PERIOD are steps. Writes CSV `origin,horizon,forecast`.

use std::error::Error;
use std::io::{BufWriter, Write, stdout};
use std::str::FromStr;
use std::{env, fs};

use augurs::ets::{AutoETS, trend::AutoETSTrendModel};
use augurs::mstl::MSTLModel;
use augurs::prelude::*;

/// What the model is, and in how many steps its season comes round.
enum Method {
    Ets,
    Mstl { period: usize },
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [method, values, origins, horizons, window, period] = &words[..] else {
        return Err(format!(
            "expected METHOD VALUES ORIGINS HORIZONS WINDOW PERIOD, not {} words",
            words.len()
        )
        .into());
    };
    let method = match method.as_str() {
        "ets" => Method::Ets,
        "mstl" => Method::Mstl { period: period.parse()? },
        other => return Err(format!("method {other} is neither ets nor mstl").into()),
    };
    let logarithms: Vec<f64> =
        numbers::<f64>(&fs::read_to_string(values)?)?.into_iter().map(f64::ln_1p).collect();
    let horizons: Vec<usize> = numbers(&horizons.replace(',', "\n"))?;
    let longest = horizons.iter().copied().max().ok_or("HORIZONS is empty")?;
    let window: usize = window.parse()?;
    let mut out = BufWriter::new(stdout().lock());
    writeln!(out, "origin,horizon,forecast")?;
    for origin in numbers::<usize>(&fs::read_to_string(origins)?)? {
        let past = &logarithms[(origin + 1).saturating_sub(window)..=origin];
        // A model that cannot be fitted has no forecast, and no row.
        let Some(path) = forecast(&method, past, longest) else { continue };
        for &horizon in &horizons {
            writeln!(out, "{origin},{horizon},{}", path[horizon - 1].exp_m1())?;
        }
    }
    Ok(())
}

/// The next `steps` values, as the documentation of augurs shows it.
fn forecast(method: &Method, past: &[f64], steps: usize) -> Option<Vec<f64>> {
    let forecast = match *method {
        Method::Ets => AutoETS::non_seasonal().fit(past).ok()?.predict(steps, None).ok()?,
        Method::Mstl { period } => {
            let trend = AutoETSTrendModel::from(AutoETS::non_seasonal());
            MSTLModel::new(vec![period], trend).fit(past).ok()?.predict(steps, None).ok()?
        }
    };
    Some(forecast.point)
}

fn numbers<T: FromStr>(text: &str) -> Result<Vec<T>, String> {
    text.lines().map(|line| line.trim().parse().map_err(|_| format!("{line:?} is not a number"))).collect()
}
