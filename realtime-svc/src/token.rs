//! Who somebody is: tokens verified with any key of a file, and made for trying.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::Args as Flags;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use realtime_protocol::{Claims, Problem};

/// HS256 digests to 32 bytes; a shorter secret is weaker than its signature.
const SECRET_BYTES: usize = 32;
/// Clocks of who issues tokens and of who reads them differ.
const LEEWAY_S: u64 = 10;
const PEM: &str = "-----BEGIN ";

/// A token to make.
#[derive(Debug, Clone, Flags)]
pub struct Wish {
    /// The file of the key: a secret of at least 32 bytes (its first line signs), or a private key in PEM (EdDSA).
    #[arg(long)]
    pub key_file: PathBuf,
    /// The user.
    #[arg(long)]
    pub user: String,
    /// What the person likes to be called.
    #[arg(long)]
    pub name: Option<String>,
    /// A room that it opens; can be given again. Missing: all.
    #[arg(long = "room")]
    pub rooms: Vec<String>,
    /// For how long it holds: `90s`, `15m`, `1h`, `7d`.
    #[arg(long = "for", default_value = "1h", value_parser = span)]
    pub holds_for: Duration,
}

/// Makes a token.
///
/// # Errors
///
/// Where the key or a claim cannot be used.
pub fn make(wish: &Wish) -> anyhow::Result<String> {
    let key = std::fs::read(&wish.key_file)
        .map_err(|error| anyhow::anyhow!("cannot read --key-file {}: {error}", wish.key_file.display()))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let claims = Claims {
        sub: wish.user.clone(),
        exp: (now + wish.holds_for).as_secs(),
        nbf: None,
        name: wish.name.clone(),
        rooms: (!wish.rooms.is_empty()).then(|| wish.rooms.clone()),
    };
    claims.check().map_err(|problem| anyhow::anyhow!(problem.detail))?;
    sign(&key, &claims).map_err(|why| anyhow::anyhow!("--key-file {}: {why}", wish.key_file.display()))
}

/// Signs claims with a private key in PEM, or with the first secret of a file.
///
/// # Errors
///
/// Why the key cannot be used.
pub fn sign(key_file: &[u8], claims: &Claims) -> Result<String, String> {
    let text = String::from_utf8_lossy(key_file);
    let (algorithm, key) = if text.contains(PEM) {
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(key_file).map_err(|error| error.to_string())?)
    } else {
        let secrets = secrets(&text)?;
        (Algorithm::HS256, EncodingKey::from_secret(secrets[0].as_bytes()))
    };
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).map_err(|error| error.to_string())
}

/// The keys that a token may be signed with.
pub struct Keys(Vec<(DecodingKey, Validation)>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keys").field(&self.0.len()).finish()
    }
}

impl Keys {
    /// Reads the keys of a file: secrets, one a line, or public keys in PEM.
    ///
    /// # Errors
    ///
    /// Why the file holds none.
    pub fn parse(file: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(file).map_err(|_| "the keys are not UTF-8".to_owned())?;
        let keys = if text.contains(PEM) { public_keys(text)? } else { secret_keys(text)? };
        Ok(Self(keys))
    }

    /// Who shows this token.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that says why it is refused.
    pub fn verify(&self, token: &str) -> Result<Claims, Problem> {
        let mut why = None;
        for (key, validation) in &self.0 {
            match jsonwebtoken::decode::<Claims>(token, key, validation) {
                Ok(verified) => {
                    verified.claims.check()?;
                    return Ok(verified.claims);
                }
                // Another key may have signed it; what else is wrong, is wrong with each.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {
                    why.get_or_insert("no key of ours has signed the token".to_owned());
                }
                Err(error) => why = Some(words(error.kind())),
            }
        }
        Err(Problem::unauthenticated(why.unwrap_or_default()))
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's list; each says itself what it is")]
fn words(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::ExpiredSignature => "the token has expired".to_owned(),
        ErrorKind::ImmatureSignature => "the token does not hold yet".to_owned(),
        other => format!("the token cannot be read: {}", jsonwebtoken::errors::Error::from(other.clone())),
    }
}

fn secret_keys(text: &str) -> Result<Vec<(DecodingKey, Validation)>, String> {
    let keys = secrets(text)?;
    Ok(keys
        .iter()
        .map(|secret| (DecodingKey::from_secret(secret.as_bytes()), rules(Algorithm::HS256)))
        .collect())
}

fn secrets(text: &str) -> Result<Vec<&str>, String> {
    let secrets: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match secrets.iter().map(|secret| secret.len()).min() {
        None => Err("there is no key".to_owned()),
        Some(bytes) if bytes < SECRET_BYTES => {
            Err(format!("a secret has {bytes} bytes, {SECRET_BYTES} are the least"))
        }
        Some(_) => Ok(secrets),
    }
}

fn public_keys(text: &str) -> Result<Vec<(DecodingKey, Validation)>, String> {
    let blocks = text.split_inclusive("-----END PUBLIC KEY-----").filter(|block| block.contains(PEM));
    let key = |block: &str| {
        let key = DecodingKey::from_ed_pem(block.trim().as_bytes()).map_err(|error| error.to_string())?;
        Ok((key, rules(Algorithm::EdDSA)))
    };
    blocks.map(key).collect()
}

fn rules(algorithm: Algorithm) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.leeway = LEEWAY_S;
    rules.validate_nbf = true;
    rules.validate_aud = false;
    rules
}

fn span(text: &str) -> Result<Duration, String> {
    let refused = || format!("{text:?} is no time such as 90s, 15m, 1h or 7d");
    let unit = text.chars().last().ok_or_else(refused)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| refused())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(refused()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "one-secret-of-at-least-32-bytes-aaaa";
    const OTHER: &str = "another-secret-of-at-least-32-bytes-b";
    // openssl genpkey -algorithm ed25519, and its public half.
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ43Zebo55rDmHajeKd5iOh2H2rv7hY+9Q+Dm2/Kh5kD
-----END PRIVATE KEY-----
";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAlBkgnJq9626L3sduJd+v9GkKA0gSB2pJd05F5KZMqB0=
-----END PUBLIC KEY-----
";

    fn claims(exp: u64) -> Claims {
        Claims { sub: "ada".to_owned(), exp, nbf: None, name: None, rooms: None }
    }

    #[track_caller]
    fn check_refused(keys: &str, token: &str, why: &str) {
        let problem = Keys::parse(keys.as_bytes()).unwrap().verify(token).unwrap_err();
        assert_eq!(problem.status, 401);
        assert!(problem.detail.contains(why), "{}", problem.detail);
    }

    #[test]
    fn each_key_of_the_file_is_taken_so_that_keys_can_rotate() {
        let token = sign(ONE.as_bytes(), &claims(u64::MAX / 2)).unwrap();
        for keys in [ONE.to_owned(), format!("{OTHER}\n{ONE}\n"), format!("{ONE}\n\n{OTHER}")] {
            assert_eq!(Keys::parse(keys.as_bytes()).unwrap().verify(&token).unwrap().sub, "ada");
        }
        check_refused(OTHER, &token, "no key of ours has signed the token");
    }

    #[test]
    fn what_is_wrong_with_a_token_is_said() {
        check_refused(ONE, "nonsense", "the token cannot be read");
        check_refused(ONE, &sign(ONE.as_bytes(), &claims(1_000_000)).unwrap(), "the token has expired");
        let nobody = Claims { sub: String::new(), ..claims(u64::MAX / 2) };
        check_refused(ONE, &sign(ONE.as_bytes(), &nobody).unwrap(), "the token's sub has to be");
        // A token that says itself that nobody signed it.
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJleHAiOjk5OTk5OTk5OTl9.";
        check_refused(ONE, none, "the token cannot be read");
    }

    #[test]
    fn a_key_pair_signs_and_verifies_and_a_public_key_is_no_secret() {
        let token = sign(PRIVATE.as_bytes(), &claims(u64::MAX / 2)).unwrap();
        let both = format!("{PUBLIC}{PUBLIC}");
        assert_eq!(Keys::parse(both.as_bytes()).unwrap().verify(&token).unwrap().sub, "ada");
        let forged = sign(PUBLIC.replace("-----BEGIN", "-----").as_bytes(), &claims(u64::MAX / 2));
        assert!(forged.is_err() || Keys::parse(PUBLIC.as_bytes()).unwrap().verify(&forged.unwrap()).is_err());
        check_refused(
            PUBLIC,
            &sign(ONE.as_bytes(), &claims(u64::MAX / 2)).unwrap(),
            "the token cannot be read",
        );
    }

    #[test]
    fn a_file_without_a_good_key_is_refused() {
        assert_eq!(Keys::parse(b"\n").unwrap_err(), "there is no key");
        assert_eq!(Keys::parse(b"short").unwrap_err(), "a secret has 5 bytes, 32 are the least");
        assert!(Keys::parse(b"-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----").is_err());
    }

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(span(text).unwrap().as_secs(), seconds);
        }
        for text in ["", "h", "1", "1y", "-1s", "99999999999999999999d"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
