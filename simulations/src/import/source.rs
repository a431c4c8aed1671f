//! Opens what people name: files, gzip, standard input; with a progress bar on long ones.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};

use super::ImportError;

/// Large enough that a system call costs nothing beside parsing.
const BUFFER_BYTES: usize = 1 << 18;

/// The first two bytes of gzip (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens `path`, or standard input for `-`; gzip is unpacked, whatever its name.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, ImportError> {
    let io_error = |source| ImportError::io(path, source);
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(io_error)?;
        let bytes = file.metadata().map_err(io_error)?.len();
        Box::new(progress(path, bytes).wrap_read(file))
    };
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, raw);
    let is_gzip = raw.fill_buf().map_err(io_error)?.starts_with(&GZIP_MAGIC);
    if is_gzip {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(raw))));
    }
    Ok(Box::new(raw))
}

/// A bar on standard error, drawn only when that is a terminal, and gone when the file has been read.
fn progress(path: &Path, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes).with_finish(indicatif::ProgressFinish::AndClear);
    bar.set_style(style.expect("the template is a constant of known keys"));
    bar.set_message(path.display().to_string());
    bar
}
