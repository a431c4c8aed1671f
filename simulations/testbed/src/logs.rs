//! What the parts of a testbed wrote, shown when something fails.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

/// Enough to see why a part ended.
const TAIL_LINES: usize = 12;
/// The message comes before the details in each part's log.
const LINE_LETTERS: usize = 300;

/// The folders of the testbeds of this process.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// From now on, a panic in this process shows the ends of the logs in `folder`.
pub(crate) fn watch(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_owned());
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            before(panic);
            let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for folder in folders {
                eprint!("{}", tails(&folder));
            }
        }));
    });
}

/// The testbed of this folder has ended.
pub(crate) fn forget(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| one != folder);
}

/// The end of every log in `folder`, by name.
pub(crate) fn tails(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut logs: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    logs.sort();
    logs.iter().map(|log| tail(log)).collect()
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let shown = lines.iter().skip(lines.len().saturating_sub(TAIL_LINES));
    let shown: String =
        shown.map(|line| line.chars().take(LINE_LETTERS).chain(['\n']).collect::<String>()).collect();
    format!("--- {}, last of {} lines\n{shown}", log.display(), lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_each_log_is_shown_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<_> = (1..=100).map(|line| format!("line {line}")).collect();
        std::fs::write(folder.path().join("etcd.log"), lines.join("\n")).unwrap();
        std::fs::write(folder.path().join("admin.key"), "secret").unwrap();
        let shown = tails(folder.path());
        assert!(shown.contains("etcd.log") && shown.contains("line 100"), "{shown}");
        assert!(!shown.contains("line 88\n") && !shown.contains("secret"), "{shown}");
    }
}
