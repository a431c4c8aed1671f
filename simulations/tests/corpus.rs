//! What strangers may send, nasty and not: each is answered, in bounded time and memory.

#[path = "../../fuzz/src/parsers.rs"]
mod parsers;

use std::{
    fs,
    path::{Path, PathBuf},
};

use parsers::{PARSERS, Parser};

// One test, since memory is counted for all threads.
#[test]
fn whatever_strangers_write_is_answered_in_bounded_time_and_memory() {
    PARSERS.iter().for_each(replay);
}

fn replay(parser: &Parser) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(parser.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    assert!(10 < paths.len(), "{} has {} seeds", folder.display(), paths.len());
    for path in paths {
        let seed = fs::read(&path).expect("the seed can be read");
        eprintln!("{}", path.display());
        parser.answer(&seed);
    }
}
