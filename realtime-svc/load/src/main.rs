//! `realtime-load`: see `realtime-load --help`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use realtime_load::args::{Cli, Command, HttpArgs, LoadArgs, RunArgs};
use realtime_load::{Load, Report, Tally, http, progress, rooms, stop};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run(&args).await,
        Command::Http(args) => ask(&args).await,
    };
    match done {
        Ok(report) if report.is_whole() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("realtime-load: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &RunArgs) -> Result<Report> {
    let (rooms, load) = (args.rooms()?, args.load.load()?);
    let tally = Arc::new(Tally::new(load.objective));
    let stop = stop::by_ctrl_c();
    let playing = rooms::run(rooms, &load, Arc::clone(&tally), &stop);
    let played = watched(playing, &tally, &load).await?;
    tell(&played.report, &args.load)?;
    Ok(played.report)
}

async fn ask(args: &HttpArgs) -> Result<Report> {
    let (load, authorities) = (args.load.load()?, args.load.authorities()?);
    let tally = Arc::new(Tally::new(load.objective));
    let stop = stop::by_ctrl_c();
    let (requests, counted) = (args.requests(), Arc::clone(&tally));
    let asking = http::run_trusting(authorities.as_ref(), requests, &load, counted, &stop);
    let report = watched(asking, &tally, &load).await?;
    tell(&report, &args.load)?;
    Ok(report)
}

async fn watched<T>(run: impl Future<Output = T>, tally: &Arc<Tally>, load: &Load) -> T {
    tokio::select! {
        ran = run => ran,
        () = progress::show(Arc::clone(tally), load.length) => unreachable!("it goes on"),
    }
}

fn tell(report: &Report, args: &LoadArgs) -> Result<()> {
    print!("{report}");
    args.json.as_deref().map_or(Ok(()), |path| write(report, path))
}

fn write(report: &Report, path: &Path) -> Result<()> {
    let json = serde_json::to_string_pretty(report)? + "\n";
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}
