//! `prescale signals check`: what each signal of a scaler gives, how long it leads demand, and what it is worth to the
//! forecast. That is how people find out which signal is worth wiring. Sources are only read.

mod args;
mod heard;
mod lead;
mod live;
mod outcome;
mod table;
mod worth;

pub use args::{CheckArgs, SignalsArgs, SignalsCommand};

use crate::backtest::horizons;
use crate::failure::Failure;
use crate::scenario::read_scaler;
use heard::Heard;
use outcome::Outcome;

/// Runs `prescale signals`.
///
/// # Errors
/// Exit 1 where a signal cannot be read, after all that was found is printed; exit 2 for what cannot be used.
pub fn run(args: &SignalsArgs) -> Result<(), Failure> {
    match &args.command {
        SignalsCommand::Check(args) => check(args),
    }
}

fn check(args: &CheckArgs) -> Result<(), Failure> {
    let scaler = read_scaler(&args.scaler).map_err(Failure::input)?;
    let heard = match &args.recording {
        Some(folder) => Heard::recorded(folder, &scaler)?,
        None => live::heard(args, &scaler)?,
    };
    let horizons = horizons(&args.horizons, heard.recording.step).map_err(Failure::input)?;
    let outcome = Outcome::of(&scaler, &heard, horizons);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&outcome).map_err(Failure::input)?);
    } else {
        println!("{}", table::table(&outcome));
    }
    match outcome.unread() {
        0 => Ok(()),
        unread => {
            Err(Failure::Answer(format!("{unread} of {} signals cannot be read", outcome.signals.len() + 1)))
        }
    }
}
