//! The command line of `realtime-load`, as typed.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::SignedDuration;
use reqwest::Url;

use crate::arrivals::Spacing;
use crate::http::Requests;
use crate::load::Load;
use crate::rooms::{Actors, Mix, Retry, Rooms, Target, Tokens};
use crate::shape::{Shape, read_csv};
use crate::trust::Authorities;

/// Open-loop load on live rooms by WebSocket, and on any HTTP service.
///
/// Load comes when it is meant to come, however slow the service is, and latency is measured from then on.
#[derive(Debug, Parser)]
#[command(name = "realtime-load", version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The words of `realtime-load`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// People in live rooms, each on a WebSocket
    Run(Box<RunArgs>),
    /// Requests to an HTTP service
    Http(Box<HttpArgs>),
}

/// `realtime-load run`
#[derive(Debug, Args)]
#[command(after_long_help = "\
  realtime-load run --target ws://127.0.0.1:8080/ws/v1 --token-key-file key \\
      --users 2000@0s,2000@30s,20000@40s --rooms 200 --rate 2000 --for 2m --json spike.json

A level is a number, or numbers at times, straight lines in between: `2000@0s,20000@10s` climbs for ten
seconds and stays there; two at one time are a jump. The users of 0s are in their rooms before the clock
begins. Users join a room each, react, vote and ask, and hear the updates of their room. Who is cut off or
told to go elsewhere comes again, and sends what was not acknowledged again, under the same id.

Of each interaction the intended time is drawn beforehand, and its latency counts from then on, whatever
kept it from being sent: the report's second row of latencies says what did so on this side. `late` is what
was acknowledged after --objective, `lost` what was not answered within --patience. Ctrl-C ends a run early,
and it still reports.

Exit code 0: all that was due was acknowledged. 1: something was refused or lost. 2: what was given cannot
be used.")]
pub struct RunArgs {
    /// Where sockets are opened; given again, users are spread over all of them
    #[arg(long = "target", value_name = "ws[s]://HOST:PORT/ws/v1", required = true)]
    pub targets: Vec<Target>,
    /// How many users are there: 2000, or 2000@0s,20000@10s
    #[arg(long, value_name = "LEVEL")]
    pub users: Shape,
    /// Rooms that they are spread over
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rooms: u32,
    /// Rooms have this name and a number
    #[arg(long, value_name = "NAME", default_value = "room-")]
    pub room_prefix: String,
    /// Users have this name and a number
    #[arg(long, value_name = "NAME", default_value = "load-")]
    pub user_prefix: String,
    /// The key that signs a token for each user: a secret for HS256, or a private key of Ed25519 in PEM
    #[arg(long, value_name = "F", conflicts_with = "token")]
    pub token_key_file: Option<PathBuf>,
    /// The one token that all users show
    #[arg(long, value_name = "JWT", env = "REALTIME_LOAD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// What users do, in parts of a whole
    #[arg(long, value_name = "MIX", default_value = "react=70,vote=25,ask=5")]
    pub mix: Mix,
    /// Who does what is due
    #[arg(long, value_enum, default_value = "let-in")]
    pub actors: ActorsArg,
    /// Leave what is refused for now, instead of sending it again when the service says
    #[arg(long)]
    pub no_retry: bool,
    /// How much comes when
    #[command(flatten)]
    pub load: LoadArgs,
}

/// `realtime-load http`
#[derive(Debug, Args)]
#[command(after_long_help = "\
  realtime-load http --target http://127.0.0.1:8080/search --rate 100@0s,400@1m --for 2m

A level is a number, or numbers at times, straight lines in between. An answer below 400 is acknowledged
when all of its body is there; another is refused; redirects are not followed.

Exit code 0: all that was due was answered well. 1: something was refused or lost. 2: what was given cannot
be used.")]
pub struct HttpArgs {
    /// What is asked
    #[arg(long, value_name = "URL")]
    pub target: Url,
    /// How it is asked
    #[arg(long, default_value = "GET")]
    pub method: Method,
    /// A header of each request; may be given again
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body of each request
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub body: String,
    /// How much comes when
    #[command(flatten)]
    pub load: LoadArgs,
}

/// How much comes when, and where it is told.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// What comes a second: 2000, or 100@0s,2000@10s
    #[arg(long, value_name = "LEVEL", required_unless_present = "shape")]
    pub rate: Option<Shape>,
    /// The same as a CSV with the columns time (seconds or stamps) and rate, which holds until the next line
    #[arg(long, value_name = "F.csv", conflicts_with = "rate")]
    pub shape: Option<PathBuf>,
    /// Play the times of --shape this many times as fast; its rates stay
    #[arg(long, value_name = "X", default_value_t = 1.0, requires = "shape")]
    pub speed: f64,
    /// How long. Default: until the last time of --rate or --shape
    #[arg(long = "for", value_name = "2m")]
    pub length: Option<SignedDuration>,
    /// How arrivals lie around the rate
    #[arg(long, value_enum, default_value = "poisson")]
    pub arrivals: ArrivalsArg,
    /// The chance by which they are drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What is acknowledged after this is late
    #[arg(long, value_name = "50ms", default_value = "50ms")]
    pub objective: SignedDuration,
    /// What is not answered within this is lost
    #[arg(long, value_name = "10s", default_value = "10s")]
    pub patience: SignedDuration,
    /// Behind wss:// and https:// trust the authorities of this file, PEM, instead of the system's
    #[arg(long, value_name = "F.pem")]
    pub ca_file: Option<PathBuf>,
    /// Write the report as JSON, with each second
    #[arg(long, value_name = "F.json")]
    pub json: Option<PathBuf>,
}

/// How arrivals lie around the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArrivalsArg {
    /// As people come who know nothing of each other
    Poisson,
    /// At even distances
    Even,
}

/// Who does what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ActorsArg {
    /// Those who have been let in: what the service carries
    LetIn,
    /// All of --users; what those shut out or in line would do waits, and is late: what people meet
    Everybody,
}

impl From<ActorsArg> for Actors {
    fn from(actors: ActorsArg) -> Self {
        match actors {
            ActorsArg::LetIn => Self::LetIn,
            ActorsArg::Everybody => Self::Everybody,
        }
    }
}

impl RunArgs {
    /// As it is run.
    ///
    /// # Errors
    /// A key and authorities that cannot be used.
    pub fn rooms(&self) -> Result<Rooms> {
        let tokens = match (&self.token_key_file, &self.token) {
            (Some(file), _) => Tokens::signed(file, &self.user_prefix)?,
            (None, Some(token)) => Tokens::Given(token.clone()),
            (None, None) => Tokens::None,
        };
        let authorities = self.load.authorities()?;
        let targets = self.targets.iter().cloned().map(|target| target.trusting(authorities.clone()));
        Ok(Rooms {
            targets: targets.collect(),
            people: self.users.clone(),
            rooms: self.rooms,
            room_prefix: self.room_prefix.clone(),
            mix: self.mix,
            tokens,
            actors: self.actors.into(),
            retry: if self.no_retry { Retry::Never } else { Retry::WhenTold },
            seed: self.load.seed,
        })
    }
}

impl HttpArgs {
    /// As it is asked.
    pub fn requests(&self) -> Requests {
        let (url, method) = (self.target.clone(), self.method.clone());
        let headers: HeaderMap = self.headers.iter().cloned().collect();
        Requests { url, method, headers, body: self.body.clone() }
    }
}

impl LoadArgs {
    /// As it is run.
    ///
    /// # Errors
    /// Names what cannot be used, and its value.
    pub fn load(&self) -> Result<Load> {
        let rate = self.read_rate()?;
        let length = match self.length {
            Some(length) => positive("--for", length)?,
            None => rate.length(),
        };
        if length.is_zero() {
            bail!("--for is missing: the rate says no time by itself");
        }
        let spacing = match self.arrivals {
            ArrivalsArg::Poisson => Spacing::Poisson(self.seed),
            ArrivalsArg::Even => Spacing::Even,
        };
        let objective = positive("--objective", self.objective)?;
        let patience = positive("--patience", self.patience)?;
        Ok(Load { rate, length, spacing, objective, patience })
    }

    /// Who is trusted behind TLS; `None` for whom the system trusts.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn authorities(&self) -> Result<Option<Authorities>> {
        Ok(self.ca_file.as_deref().map(Authorities::read).transpose()?)
    }

    fn read_rate(&self) -> Result<Shape> {
        if !(self.speed.is_finite() && 0.0 < self.speed) {
            bail!("--speed {} is not above 0", self.speed);
        }
        match (&self.rate, &self.shape) {
            (Some(rate), _) => Ok(rate.clone()),
            (None, Some(path)) => {
                let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
                let shape = read_csv(file).with_context(|| format!("--shape {}", path.display()))?;
                Ok(shape.at_speed(self.speed))
            }
            (None, None) => bail!("neither --rate nor --shape is given"),
        }
    }
}

fn positive(name: &str, length: SignedDuration) -> Result<Duration> {
    match Duration::try_from(length) {
        Ok(length) if !length.is_zero() => Ok(length),
        Ok(_) | Err(_) => bail!("{name} {length:#} is not above 0"),
    }
}

fn header(words: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = words.split_once(':').ok_or("it is no NAME: VALUE")?;
    let name = name.trim().parse::<HeaderName>().map_err(|error| error.to_string())?;
    Ok((name, value.trim().parse::<HeaderValue>().map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    fn load(words: &[&str]) -> Result<Load> {
        let words = ["realtime-load", "http", "--target", "http://h/"].iter().chain(words);
        match Cli::parse_from(words).command {
            Command::Http(args) => args.load.load(),
            Command::Run(_) => unreachable!("http was given"),
        }
    }

    #[test]
    fn a_length_comes_from_the_rate_where_none_is_given() {
        assert_eq!(load(&["--rate", "1@0s,2@90s"]).unwrap().length, Duration::from_secs(90));
        assert_eq!(load(&["--rate", "1", "--for", "2m"]).unwrap().length, Duration::from_secs(120));
        let refused = load(&["--rate", "1"]).unwrap_err().to_string();
        assert!(refused.contains("--for is missing"), "{refused}");
        let refused = load(&["--rate", "1", "--for", "0s"]).unwrap_err().to_string();
        assert!(refused.contains("--for 0s is not above 0"), "{refused}");
    }
}
