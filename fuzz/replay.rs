//! Replays the seeds of a parser; and, where `FUZZ_FOR` says for how many seconds, goes on with what becomes of them when
//! they are damaged, cut, doubled and mixed. Each input is answered in bounded time and memory, and a panic fails by
//! itself: the input that was at work is left in `target/fuzz-TARGET`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Milliseconds, on a machine that has nothing else to do.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// The longest input: well above what any of the seeds says.
const LONGEST: usize = 1 << 17;
/// Damages of one input.
const MOST_DAMAGES: usize = 6;
/// Words that parsers look at twice.
const WORDS: [&[u8]; 16] = [
    b"\"value\":",
    b"\"time\":",
    b"1e308",
    b"-0",
    b"null",
    b"\\u0000",
    b"\r\n",
    b"i ",
    b"RRULE:FREQ=DAILY;",
    b"BYSETPOS=-1;",
    b"DTSTART:",
    b"99999999999999999999",
    b"\xff\xff\xff\xff\x0f",
    b"\x0a\x00",
    b"\x22\x00",
    b"2026-10-25T02:30:00",
];

/// What an answer may take of memory, in MB.
pub(crate) struct Bound(pub(crate) f32);

/// Replays the seeds of a target, and goes on where that is asked for.
pub(crate) fn check(target: &str, bound: &Bound, parse: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    assert!(10 < paths.len(), "{} has {} seeds", folder.display(), paths.len());
    let seeds: Vec<_> = paths.iter().map(|path| fs::read(path).expect("the seed can be read")).collect();
    for (path, seed) in paths.iter().zip(&seeds) {
        answer(&path.display().to_string(), seed, bound, &parse);
    }
    let seconds = std::env::var("FUZZ_FOR").ok().and_then(|text| text.parse().ok());
    if let Some(seconds) = seconds {
        fuzz(target, &seeds, Duration::from_secs(seconds), |input| answer(target, input, bound, &parse));
    }
}

fn answer(name: &str, input: &[u8], bound: &Bound, parse: &impl Fn(&[u8])) {
    let (before, began) = (MEMORY.current_usage_as_mb(), Instant::now());
    MEMORY.reset_peak_usage();
    parse(input);
    let (took, grown) = (began.elapsed(), MEMORY.peak_usage_as_mb() - before);
    assert!(took < ANSWERED_WITHIN, "{name}: {took:?}");
    assert!(grown < bound.0, "{name}: {grown} MB");
}

fn fuzz(target: &str, seeds: &[Vec<u8>], within: Duration, answer: impl Fn(&[u8])) {
    let at_work = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
    let (began, mut inputs) = (Instant::now(), 0_u64);
    let mut chance = Pcg64Mcg::seed_from_u64(u64::from(std::process::id()));
    while began.elapsed() < within {
        let input = damaged(seeds, &mut chance);
        // Only what fails is of interest, and whoever fails cannot write any more.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answer(&input)));
        inputs += 1;
        if let Err(panic) = outcome {
            fs::write(&at_work, &input).expect("the input can be kept");
            eprintln!("{target}: input {inputs} fails, and is kept in {}", at_work.display());
            std::panic::resume_unwind(panic);
        }
    }
    eprintln!("{target}: {inputs} inputs in {:.0?}", began.elapsed());
}

/// One seed, damaged in a few places.
fn damaged(seeds: &[Vec<u8>], chance: &mut Pcg64Mcg) -> Vec<u8> {
    let mut input = seeds[chance.random_range(0..seeds.len())].clone();
    for _ in 0..chance.random_range(1..=MOST_DAMAGES) {
        let at = chance.random_range(0..=input.len());
        let end = (at + chance.random_range(0..64)).min(input.len());
        match chance.random_range(0..7) {
            0 if at < input.len() => input[at] ^= 1 << chance.random_range(0..8),
            1 if at < input.len() => input[at] = chance.random(),
            2 => drop(input.drain(at..end)),
            3 => input.truncate(at),
            4 => {
                let part = input[at..end].to_vec();
                (0..chance.random_range(1..20)).for_each(|_| insert(&mut input, at, &part));
            }
            5 => insert(&mut input, at, WORDS[chance.random_range(0..WORDS.len())]),
            _ => {
                let other = &seeds[chance.random_range(0..seeds.len())];
                let from = chance.random_range(0..=other.len());
                insert(&mut input, at, &other[from..(from + 200).min(other.len())]);
            }
        }
    }
    input.truncate(LONGEST);
    input
}

fn insert(input: &mut Vec<u8>, at: usize, part: &[u8]) {
    let at = at.min(input.len());
    drop(input.splice(at..at, part.iter().copied()));
}
