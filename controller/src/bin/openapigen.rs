//! Prints the OpenAPI document of the dashboard's API, or writes it to the file that is named:
//! `openapigen controller/dashboard/openapi.json` is what `make openapi` calls.

use std::{env, fs, path::PathBuf};

use anyhow::Context;
use prescale_controller::web::document;

fn main() -> anyhow::Result<()> {
    let text = format!("{}\n", serde_json::to_string_pretty(&document())?);
    match env::args_os().nth(1).map(PathBuf::from) {
        Some(path) => fs::write(&path, text).with_context(|| format!("cannot write {}", path.display())),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}
