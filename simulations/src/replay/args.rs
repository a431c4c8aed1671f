//! The command line of `prescale replay`, as typed.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

/// `prescale replay`
#[derive(Debug, Args)]
#[command(after_long_help = "\
  prescale replay june --target http://staging.example/search --speed 10 --from 2026-06-07T18:00:00Z --to 2026-06-07T21:00:00Z
  prescale replay june --target ws://127.0.0.1:8080/ws/v1 --token-key-file key --users 2000 --rooms 50 --scale 0.2

Each second gets as many requests as were recorded a second, times --scale; --speed only makes time run faster, so a
recorded minute at 400 a second is, at --speed 10, six seconds at 400. Each step gets its exact total, spread by chance
from --seed. A step that is missing gets nothing.

No request waits for the one before. Latency counts from when each was meant to be sent. On http:// and https:// an
answer below 400 is good; on ws:// and wss:// a request is an interaction of somebody in a room of the bundled
realtime service.
Ctrl-C ends it early, and what was sent is still told.

Exit code 0: all was answered well. 1: something was refused or lost. 2: what was given cannot be used, and nothing
was sent.")]
pub struct ReplayArgs {
    /// The recording's folder
    #[arg(value_name = "REC")]
    pub recording: PathBuf,
    /// Where load goes: http://, https://, or ws:// and wss:// for live rooms
    #[arg(long, value_name = "URL")]
    pub target: String,
    /// How many times as fast time runs
    #[arg(long, value_name = "10", default_value_t = 1.0)]
    pub speed: f64,
    /// Times what was recorded
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub scale: f64,
    /// The signal that is played. Default: the recording's demand
    #[arg(long, value_name = "NAME")]
    pub signal: Option<String>,
    /// First step. Default: the recording's start
    #[arg(long, value_name = "T")]
    pub from: Option<Timestamp>,
    /// End of the steps. Default: the recording's end
    #[arg(long, value_name = "T")]
    pub to: Option<Timestamp>,
    /// What is answered after this is late
    #[arg(long, value_name = "1s", default_value = "1s")]
    pub objective: SignedDuration,
    /// What is not answered within this is lost
    #[arg(long, value_name = "10s", default_value = "10s")]
    pub patience: SignedDuration,
    /// The chance by which requests are spread over a step
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How an HTTP service is asked
    #[arg(long, value_name = "GET", default_value = "GET")]
    pub method: String,
    /// A header of each HTTP request; may be given again
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The body of each HTTP request
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub body: String,
    /// People in live rooms
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub users: u32,
    /// Live rooms
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub rooms: u32,
    /// The key that signs a token for each of them
    #[arg(long, value_name = "F")]
    pub token_key_file: Option<PathBuf>,
    /// Write what was sent and answered, with a row a step, as JSON
    #[arg(long, value_name = "F.json")]
    pub json: Option<PathBuf>,
}
