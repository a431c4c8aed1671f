//! How a command of `prescale` ends when it does not end well: with exit code 1 or 2, and one message.

use std::error::Error;
use std::fmt;

/// Why a command did not succeed. Its text is what the user reads.
#[derive(Debug)]
pub enum Failure {
    /// The command ran, and its answer is no.
    Answer(String),
    /// What the command was given cannot be used; nothing was written.
    Input(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Takes an error about what the user gave.
    pub fn input(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Input(Box::new(error))
    }

    /// The exit code of the process: 1 for an answer, 2 for bad input.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Answer(_) => 1,
            Self::Input(_) => 2,
        }
    }
}

impl fmt::Display for Failure {
    /// Prints the whole chain of causes once, since the caller prints this and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Answer(answer) => return f.write_str(answer),
            Self::Input(error) => error,
        };
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read samples.csv")]
    struct Unreadable(#[source] io::Error);

    fn check(failure: &Failure, exit_code: u8, text: &str) {
        assert_eq!((failure.exit_code(), failure.to_string().as_str()), (exit_code, text));
    }

    #[test]
    fn a_failure_prints_each_cause_once() {
        let denied = Unreadable(io::Error::other("denied"));
        check(&Failure::input(denied), 2, "cannot read samples.csv: denied");
        check(&Failure::Answer("no policy met the objective".into()), 1, "no policy met the objective");
    }
}
