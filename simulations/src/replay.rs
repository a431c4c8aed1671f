//! `prescale replay`: plays a recording as real load on a real service. Rates are those that were recorded; only time runs
//! faster. The engine is that of `realtime-load`, whose load never waits for answers.

mod args;
mod outcome;
mod plan;
mod target;

use std::sync::Arc;

pub use args::ReplayArgs;
use realtime_load::{Report, Tally, http, progress, rooms, stop};

use crate::failure::Failure;
use crate::recording::Recording;
use crate::run::{check_folder, write_whole};
use outcome::Outcome;
use plan::Plan;
use target::Target;

/// Runs `prescale replay`.
///
/// # Errors
/// Exit 1 where something was refused or lost, after all is told; exit 2 for what cannot be used, before anything is sent.
pub fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let recording = Recording::open(&args.recording).map_err(Failure::input)?;
    let plan = Plan::of(args, &recording).map_err(Failure::input)?;
    let target = Target::of(args).map_err(Failure::input)?;
    args.json.as_deref().map_or(Ok(()), check_folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::input)?;
    eprintln!("{plan}");
    let report = runtime.block_on(play(target, &plan))?;
    let outcome = Outcome::of(&plan, report);
    if let Some(path) = &args.json {
        write_whole(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &outcome)?;
            writeln!(out)
        })?;
    }
    print!("{outcome}");
    match outcome.unanswered() {
        0 => Ok(()),
        unanswered => Err(Failure::Answer(format!(
            "{unanswered} of {} requests were refused or lost",
            outcome.report.due
        ))),
    }
}

async fn play(target: Target, plan: &Plan) -> Result<Report, Failure> {
    let tally = Arc::new(Tally::with_steps(plan.load.objective, plan.step));
    let stop = stop::by_ctrl_c();
    let shown = progress::show(Arc::clone(&tally), plan.load.length);
    let playing = async {
        match target {
            Target::Http(requests) => {
                http::run(requests, &plan.load, Arc::clone(&tally), &stop).await.map_err(Failure::input)
            }
            Target::Rooms(people) => {
                let played = rooms::run(people, &plan.load, Arc::clone(&tally), &stop).await;
                played.map(|played| played.report).map_err(Failure::input)
            }
        }
    };
    tokio::select! {
        played = playing => played,
        () = shown => unreachable!("it goes on"),
    }
}
