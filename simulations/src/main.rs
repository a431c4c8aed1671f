//! `prescale`: see `prescale --help`.

use std::process::ExitCode;

use clap::Parser;
use prescale_simulations::args::{Cli, Command};
use prescale_simulations::{backtest, events, generate, import, record, replay, run, signals};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(args) => run::demo(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Signals(args) => signals::run(&args),
        Command::Simulate(args) => run::simulate(&args),
        Command::Generate { out } => generate::run(&out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("prescale: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
