//! Cookies on the wire: what a sealed value is sent in, and how it is read back. A browser keeps 4,096 bytes a cookie, and
//! a token or the groups of a user may take more, so a long value goes in parts. It is authenticated as a whole: parts of
//! two sessions do not fit together.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use cookie::{Cookie, SameSite, time::Duration};

use crate::web::origin::Transport;

/// A cookie that holds this much fits where its name and attributes take another 300 bytes.
const PART_BYTES: usize = 3_700;
/// Proxies take headers of 8 KiB as a rule.
const MOST_PARTS: usize = 2;

/// A cookie of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jar {
    /// The session.
    Session,
    /// What is remembered of a sign-in at the identity provider, until the browser comes back from there.
    SignIn,
}

/// A value that no browser would keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Jar {
    /// The name, which is sealed with the value.
    pub(super) fn name(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Self::Session, Transport::Tls) => "__Host-prescale-session",
            (Self::Session, Transport::Loopback) => "prescale-session",
            (Self::SignIn, Transport::Tls) => "__Host-prescale-sign-in",
            (Self::SignIn, Transport::Loopback) => "prescale-sign-in",
        }
    }

    /// The identity provider sends the browser back by a link: a strict cookie would not come along.
    fn same_site(self) -> SameSite {
        match self {
            Self::Session => SameSite::Strict,
            Self::SignIn => SameSite::Lax,
        }
    }

    /// `Set-Cookie` headers that keep `sealed` for `seconds`; parts that are not used are removed.
    pub(super) fn set(
        self,
        transport: Transport,
        sealed: &str,
        seconds: i64,
    ) -> Result<Vec<HeaderValue>, TooLong> {
        let parts: Vec<_> = sealed.as_bytes().chunks(PART_BYTES).collect();
        if MOST_PARTS < parts.len() {
            return Err(TooLong);
        }
        let text = |part: &[u8]| String::from_utf8(part.to_vec()).map_err(|_| TooLong);
        let mut headers = Vec::new();
        for index in 0..MOST_PARTS {
            headers.push(match parts.get(index) {
                Some(part) => self.header(transport, index, text(part)?, seconds),
                None => self.header(transport, index, String::new(), 0),
            });
        }
        Ok(headers)
    }

    /// `Set-Cookie` headers that make the browser forget.
    pub(super) fn clear(self, transport: Transport) -> Vec<HeaderValue> {
        (0..MOST_PARTS).map(|index| self.header(transport, index, String::new(), 0)).collect()
    }

    /// What a browser sent of it; `None` where it sent none.
    pub(super) fn read(self, headers: &HeaderMap, transport: Transport) -> Option<String> {
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<_> =
            sent.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
        let part = |index| {
            let wanted = self.part(transport, index);
            pairs.iter().find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| *value)
        };
        let first = part(0)?;
        let rest = (1..MOST_PARTS).map_while(part);
        Some(std::iter::once(first).chain(rest).collect())
    }

    fn part(self, transport: Transport, index: usize) -> String {
        let name = self.name(transport);
        if index == 0 { name.to_owned() } else { format!("{name}-{index}") }
    }

    fn header(self, transport: Transport, index: usize, value: String, seconds: i64) -> HeaderValue {
        let cookie = Cookie::build((self.part(transport, index), value))
            .path("/")
            .http_only(true)
            .same_site(self.same_site())
            .secure(transport == Transport::Tls)
            .max_age(Duration::seconds(seconds));
        HeaderValue::from_str(&cookie.to_string()).expect("names are ours and values are base64")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser sends back of these headers.
    fn sent_back(set: &[HeaderValue]) -> HeaderMap {
        let pairs: Vec<_> = set
            .iter()
            .map(|header| header.to_str().unwrap().split(';').next().unwrap())
            .filter(|pair| !pair.ends_with('='))
            .collect();
        HeaderMap::from_iter([(COOKIE, pairs.join("; ").parse().unwrap())])
    }

    #[test]
    fn a_value_comes_back_whole_whether_in_one_part_or_two() {
        for length in [1, PART_BYTES, PART_BYTES + 1, MOST_PARTS * PART_BYTES] {
            let value: String = ('a'..='z').cycle().take(length).collect();
            let set = Jar::Session.set(Transport::Tls, &value, 60).unwrap();
            assert!(set.iter().all(|header| header.len() < 4_096));
            assert_eq!(Jar::Session.read(&sent_back(&set), Transport::Tls), Some(value), "{length}");
        }
        let too_long = "a".repeat(MOST_PARTS * PART_BYTES + 1);
        assert_eq!(Jar::Session.set(Transport::Tls, &too_long, 60), Err(TooLong));
    }

    #[test]
    fn a_page_cannot_read_it_and_another_site_cannot_send_it() {
        let set =
            |jar: Jar, transport| jar.set(transport, "sealed", 60).unwrap()[0].to_str().unwrap().to_owned();
        assert_eq!(
            set(Jar::Session, Transport::Tls),
            "__Host-prescale-session=sealed; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            set(Jar::Session, Transport::Loopback),
            "prescale-session=sealed; HttpOnly; SameSite=Strict; Path=/; Max-Age=60"
        );
        assert!(set(Jar::SignIn, Transport::Tls).contains("SameSite=Lax"));
    }

    #[test]
    fn what_is_cleared_is_sent_no_more() {
        let cleared = Jar::Session.clear(Transport::Loopback);
        assert!(cleared.iter().all(|header| header.to_str().unwrap().contains("Max-Age=0")));
        assert_eq!(Jar::Session.read(&sent_back(&cleared), Transport::Loopback), None);
        assert_eq!(Jar::Session.read(&HeaderMap::new(), Transport::Loopback), None);
    }
}
