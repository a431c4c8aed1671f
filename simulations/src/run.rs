//! `prescale simulate` and `prescale demo`: run a comparison with its progress shown, print its table, and write
//! what was asked for, whole or not at all.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{DemoArgs, SimulateArgs};
use crate::bundled;
use crate::calendars::{self, compare_calendars};
use crate::compare::{Sweep, compare, runs};
use crate::error::ScenarioError;
use crate::failure::Failure;
use crate::headroom::{self, compare_headroom};
use crate::policies::PolicyKind;
use crate::report;
use crate::result::Comparison;
use crate::scenario::Scenario;
use crate::show::{Bound, show};
use crate::simulate::Detail;

/// Runs `prescale simulate`.
///
/// # Errors
/// Exit 2 for what cannot be used; then nothing was written.
pub fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    let scenario = Scenario::open(&args.scenario).map_err(Failure::input)?;
    for notice in scenario.notices() {
        eprintln!("prescale: note: {notice}");
    }
    let kinds = if args.policies.is_empty() { PolicyKind::ALL.to_vec() } else { args.policies.clone() };
    let sweep = if args.no_frontier { Sweep::None } else { Sweep::Frontier };
    let calendars = if args.no_calendars { Calendars::Recorded } else { Calendars::AndWrong };
    let bound = args.dashboard.then(|| Bound::take(args.show.settings())).transpose()?;
    let outputs = Outputs {
        report: args.report.clone(),
        json: args.json.clone(),
        timeline: args.timeline.clone(),
        dashboard: bound.as_ref().map(Bound::url),
    };
    outputs.check_folders()?;
    let headroom = if args.no_headroom { Rooms::Own } else { Rooms::AndOthers };
    let asked = Asked { kinds, sweep, calendars, headroom, detail: outputs.detail() };
    let comparison = run(&scenario, &asked, args.jobs)?;
    outputs.write(&comparison)?;
    println!("{}", report::table(&comparison));
    play(&scenario, &comparison, bound)
}

/// Runs `prescale demo`.
///
/// # Errors
/// Exit 2 where the output folder cannot be used.
pub fn demo(args: &DemoArgs) -> Result<(), Failure> {
    fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let scenario = bundled::match_night().map_err(Failure::input)?;
    let bound = (!args.no_dashboard).then(|| Bound::take(args.show.settings())).transpose()?;
    let outputs = Outputs {
        report: Some(args.out.join("report.html")),
        json: Some(args.out.join("result.json")),
        timeline: Some(args.out.join("timeline.csv")),
        dashboard: bound.as_ref().map(Bound::url),
    };
    println!("{}: {}", scenario.written.title, scenario.recording.meta.what);
    let asked = Asked {
        kinds: PolicyKind::ALL.to_vec(),
        sweep: Sweep::Frontier,
        calendars: Calendars::AndWrong,
        headroom: Rooms::AndOthers,
        detail: Detail::Timeline,
    };
    let comparison = run(&scenario, &asked, args.jobs)?;
    outputs.write(&comparison)?;
    println!("{}", report::table(&comparison));
    println!("\nReport:   {}", args.out.join("report.html").display());
    println!("Numbers:  {}", args.out.join("result.json").display());
    println!("Timeline: {}", args.out.join("timeline.csv").display());
    play(&scenario, &comparison, bound)
}

/// Plays the scenario again on the dashboard, if that was asked for.
fn play(scenario: &Scenario, comparison: &Comparison, bound: Option<Bound>) -> Result<(), Failure> {
    let Some(bound) = bound else { return Ok(()) };
    let url = bound.url();
    println!("\nDashboard: {url} plays it again, with Prescale, from before the first event.");
    println!("It ends by itself when nobody watches, or by Ctrl-C.");
    if io::stdout().is_terminal() && open::that_detached(&url).is_err() {
        println!("No browser could be opened here: open the address in yours.");
    }
    show(scenario, comparison, bound)?;
    println!("The dashboard has ended.");
    Ok(())
}

/// What is run.
struct Asked {
    kinds: Vec<PolicyKind>,
    sweep: Sweep,
    calendars: Calendars,
    headroom: Rooms,
    detail: Detail,
}

/// Whether Prescale is run again with calendars that are wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Calendars {
    Recorded,
    AndWrong,
}

/// Whether Prescale is run again with other headroom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rooms {
    Own,
    AndOthers,
}

impl Asked {
    fn runs(&self, scenario: &Scenario) -> usize {
        let wrong = match self.calendars {
            Calendars::Recorded => 0,
            Calendars::AndWrong => calendars::runs(scenario, &self.kinds),
        };
        let others = match self.headroom {
            Rooms::Own => 0,
            Rooms::AndOthers => headroom::runs(scenario, &self.kinds),
        };
        runs(scenario, &self.kinds, self.sweep) + wrong + others
    }
}

fn run(scenario: &Scenario, asked: &Asked, jobs: Option<usize>) -> Result<Comparison, Failure> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build().map_err(Failure::input)?;
    let bar = progress(asked.runs(scenario) as u64);
    let comparison = pool.install(|| {
        let mut comparison = compare(scenario, &asked.kinds, asked.sweep, asked.detail, || bar.inc(1))?;
        if asked.calendars == Calendars::AndWrong {
            compare_calendars(scenario, &mut comparison, || bar.inc(1))?;
        }
        if asked.headroom == Rooms::AndOthers {
            compare_headroom(scenario, &mut comparison, || bar.inc(1))?;
        }
        Ok(comparison)
    });
    bar.finish_and_clear();
    comparison.map_err(|error: ScenarioError| Failure::input(error))
}

/// A bar on the terminal; hidden where there is none.
fn progress(runs: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {elapsed}, {eta} left");
    ProgressBar::new(runs).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Files to write.
struct Outputs {
    report: Option<PathBuf>,
    json: Option<PathBuf>,
    timeline: Option<PathBuf>,
    /// Where the report leads people while the replay is shown.
    dashboard: Option<String>,
}

impl Outputs {
    /// Rows are kept only where something shows them. Sizes weigh little, and calendars are compared by them.
    fn detail(&self) -> Detail {
        if self.report.is_some() || self.timeline.is_some() { Detail::Timeline } else { Detail::Sizes }
    }

    /// Before a long run, since it would be a pity after.
    fn check_folders(&self) -> Result<(), Failure> {
        [&self.report, &self.json, &self.timeline]
            .into_iter()
            .flatten()
            .try_for_each(|path| check_folder(path))
    }

    fn write(&self, comparison: &Comparison) -> Result<(), Failure> {
        let dashboard = self.dashboard.as_deref();
        let html = |out: &mut dyn Write| report::write_html(comparison, dashboard, out);
        let json = |out: &mut dyn Write| report::write_json(comparison, out);
        let timeline = |out: &mut dyn Write| report::write_timeline(comparison, out);
        let writers: [(&Option<PathBuf>, &Writer<'_>); 3] =
            [(&self.report, &html), (&self.json, &json), (&self.timeline, &timeline)];
        for (path, write) in writers {
            if let Some(path) = path {
                write_whole(path, write)?;
            }
        }
        Ok(())
    }
}

type Writer<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

/// Refuses a file whose folder is not there, before there is anything to lose.
pub(crate) fn check_folder(path: &Path) -> Result<(), Failure> {
    if folder_of(path).is_dir() {
        return Ok(());
    }
    Err(unwritable(path, &io::Error::other("its folder does not exist")))
}

/// Writes beside the file and renames, so that nothing half-written is ever seen.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    try_write_whole(path, write).map_err(|error| unwritable(path, &error))
}

fn try_write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Readable by others as the user's umask has it: reports are for sharing.
    let mode = fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().permissions(mode).tempfile_in(folder_of(path))?;
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unwritable(path: &Path, source: &io::Error) -> Failure {
    Failure::input(io::Error::new(source.kind(), format!("cannot write {}: {source}", path.display())))
}
