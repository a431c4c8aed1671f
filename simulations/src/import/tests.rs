//! What `prescale import` promises, through the words that people type.

mod access_log;
mod csv;
mod events;
mod prometheus;

use std::fs;
use std::path::Path;

use clap::Parser;
use tempfile::TempDir;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    import: ImportArgs,
}

/// Runs `prescale import WORDS --out REC` in a folder with these files.
struct Import {
    folder: TempDir,
}

impl Import {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Words that name a file of the folder become its path.
    fn run(&self, words: &str) -> Result<Summary, String> {
        let word = |word: &str| {
            let is_file = self.folder.path().join(word).is_file();
            if is_file { self.path(word) } else { word.to_owned() }
        };
        let words = std::iter::once("import".to_owned()).chain(words.split_whitespace().map(word));
        let cli = Cli::parse_from(words.chain(["--out".to_owned(), self.path("rec")]));
        import(&cli.import.from).map_err(|error| Failure::input(error).to_string())
    }

    fn recording(&self) -> Recording {
        Recording::open(Path::new(&self.path("rec"))).unwrap()
    }
}

/// Claims that the import of one file is refused with these words, and that nothing was written.
fn check_refused(command: &str, text: &str, words: &[&str]) {
    let import = Import::of(&[("in.csv", text)]);
    let message = import.run(command).unwrap_err();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
    assert_eq!(fs::read_dir(import.folder.path()).unwrap().count(), 1, "something was written");
}

fn cells(recording: &Recording, signal: &str) -> Vec<Option<f64>> {
    recording.signals[signal].iter().collect()
}
