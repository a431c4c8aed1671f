//! Prints the custom resource definitions as YAML, or writes them, one a file, into the folder that is named:
//! `crdgen manifests/crd` is what `make crds` calls.

use std::{env, fs, path::PathBuf};

use anyhow::Context;
use prescale_controller::api::definitions;

fn main() -> anyhow::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    for (name, text) in definitions()? {
        let Some(folder) = &folder else {
            print!("---\n{text}");
            continue;
        };
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
