//! `prescale-controller`: see `prescale-controller --help`.

use std::process::ExitCode;

use clap::Parser;
use prescale_controller::{app, args::Args};

#[tokio::main]
async fn main() -> ExitCode {
    match app::start(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prescale-controller: {error:#}");
            ExitCode::FAILURE
        }
    }
}
