//! What people show at the door: a token each, signed by a key that the service knows, or one that was given.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fmt, fs, io};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use realtime_protocol::Claims;

/// Longer than any run, and short enough for a token that leaks.
const HOLDS_FOR: Duration = Duration::from_secs(24 * 3600);

/// What people show at the door.
pub enum Tokens {
    /// Nothing.
    None,
    /// All the same token, so all are one user.
    Given(String),
    /// A token each, for users with numbers: `PREFIX0`, `PREFIX1`, ….
    Signed(Signer),
}

/// Signs tokens as the service's own `token` command does.
pub struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    prefix: String,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// It cannot be read.
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] io::Error),
    /// It cannot sign.
    #[error("{0} is neither a secret for HS256 nor a private key of Ed25519 in PEM")]
    Key(PathBuf),
}

impl Tokens {
    /// Users named `prefix` and a number, with tokens signed by the key in `file`: a private key of Ed25519 in PEM, or
    /// otherwise secrets for HS256, a line each, of which the first is used.
    ///
    /// # Errors
    /// A file that cannot be read, and a key that cannot sign.
    pub fn signed(file: &Path, prefix: &str) -> Result<Self, TokensError> {
        let text = fs::read(file).map_err(|source| TokensError::Read(file.into(), source))?;
        let text = text.trim_ascii();
        let secret = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let refuse = || TokensError::Key(file.into());
        if secret.is_empty() {
            return Err(refuse());
        }
        let (key, algorithm) = if secret.starts_with(b"-----BEGIN") {
            (EncodingKey::from_ed_pem(text).map_err(|_| refuse())?, Algorithm::EdDSA)
        } else {
            (EncodingKey::from_secret(secret), Algorithm::HS256)
        };
        let signer = Signer { key, algorithm, prefix: prefix.into() };
        // Signing fails for some keys that can be read.
        signer.sign(0).ok_or_else(refuse)?;
        Ok(Self::Signed(signer))
    }

    /// What the person of this number shows.
    pub(super) fn of(&self, person: u32) -> Option<String> {
        match self {
            Self::None => None,
            Self::Given(token) => Some(token.clone()),
            Self::Signed(signer) => signer.sign(person),
        }
    }
}

impl Signer {
    fn sign(&self, person: u32) -> Option<String> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let sub = format!("{}{person}", self.prefix);
        let claims = Claims { sub, exp: (now + HOLDS_FOR).as_secs(), nbf: None, name: None, rooms: None };
        jsonwebtoken::encode(&Header::new(self.algorithm), &claims, &self.key).ok()
    }
}

impl fmt::Debug for Tokens {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Tokens::None",
            Self::Given(_) => "Tokens::Given",
            Self::Signed(_) => "Tokens::Signed",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;

    #[test]
    fn each_person_has_a_token_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "a secret of the test\nan older secret\n").unwrap();
        let tokens = Tokens::signed(&file, "load-").unwrap();
        let read = |person| {
            let key = DecodingKey::from_secret(b"a secret of the test");
            let claims =
                decode::<Claims>(tokens.of(person).unwrap(), &key, &Validation::new(Algorithm::HS256));
            claims.unwrap().claims.sub
        };
        assert_eq!(
            (0..3).map(read).collect::<BTreeSet<_>>(),
            ["load-0", "load-1", "load-2"].map(Into::into).into()
        );
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let refused = |text: &str| {
            fs::write(&file, text).unwrap();
            Tokens::signed(&file, "load-").unwrap_err().to_string()
        };
        assert!(refused("\n").contains("key is neither"));
        assert!(
            refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").contains("is neither")
        );
    }
}
