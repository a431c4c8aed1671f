//! Where a request comes from: by TLS or within this machine, and whether a page of ours sent it. A browser says so in
//! headers that no page can change (Fetch Metadata, Origin).

use axum::http::{HeaderMap, Uri, header, uri::Authority};

use super::door::Call;

/// Which site the page is of that sent a request.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether the browser sends cookies by TLS only. Over loopback there may be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Only by TLS, and set by nobody but this host: `__Host-`.
    Tls,
    /// To this machine itself.
    Loopback,
}

/// How cookies are sent to the place that `call` asks for. Loopback is told by the name that the browser used: a port that
/// is forwarded has no TLS, and needs none.
pub(super) fn transport(call: Call<'_>) -> Transport {
    match authority(call) {
        Some(authority) if is_loopback(authority.host()) => Transport::Loopback,
        Some(_) | None => Transport::Tls,
    }
}

/// Why a changing request is not one of our own pages', in words; `None` where nothing speaks against it. A caller that
/// is no browser sends neither header.
pub(super) fn foreign(call: Call<'_>) -> Option<String> {
    if let Some(site) = text(call.headers, SEC_FETCH_SITE)
        && site != "same-origin"
    {
        return Some(format!("it comes from a page of another origin (Sec-Fetch-Site: {site})"));
    }
    let origin = text(call.headers, header::ORIGIN.as_str())?;
    let theirs = origin.parse::<Uri>().ok().and_then(|uri| uri.into_parts().authority);
    let ours = authority(call);
    let is_ours = theirs.is_some() && theirs == ours;
    (!is_ours).then(|| {
        let ours = ours.map_or_else(|| "none".to_owned(), |ours| ours.to_string());
        format!("it comes from a page of {origin}, and this is {ours}")
    })
}

/// Whether what is sent by this request can be read on the way: a page that was loaded without TLS from another machine.
pub(super) fn is_in_the_open(call: Call<'_>) -> bool {
    let is_plain =
        text(call.headers, header::ORIGIN.as_str()).is_some_and(|origin| origin.starts_with("http://"));
    is_plain && transport(call) == Transport::Tls
}

/// The host and port that were asked for: in HTTP/2 they are part of the address.
fn authority(call: Call<'_>) -> Option<Authority> {
    let named = call.uri.authority().cloned();
    named.or_else(|| text(call.headers, header::HOST.as_str())?.parse().ok())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{Request, request::Parts};

    fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::post(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn call(head: &Parts) -> Call<'_> {
        Call { method: &head.method, uri: &head.uri, headers: &head.headers, peer: None }
    }

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        let check = |host: &str, expected: Transport| {
            assert_eq!(transport(call(&head("/", &[("host", host)]))), expected, "{host}");
        };
        for host in ["localhost:8081", "127.0.0.1:8081", "[::1]:8081", "demo.localhost", "127.8.8.8"] {
            check(host, Transport::Loopback);
        }
        for host in ["prescale.example.org", "10.0.0.3:8081", "localhost.example.org", "[fd00::1]", ""] {
            check(host, Transport::Tls);
        }
        assert_eq!(transport(call(&head("https://localhost:1/", &[]))), Transport::Loopback);
        assert_eq!(transport(call(&head("/", &[]))), Transport::Tls);
    }

    fn check(headers: &[(&str, &str)], words: Option<&str>) {
        let told = foreign(call(&head("/api/v1/events", headers)));
        match words {
            None => assert_eq!(told, None, "{headers:?}"),
            Some(words) => {
                assert!(told.as_ref().is_some_and(|told| told.contains(words)), "{headers:?}: {told:?}");
            }
        }
    }

    #[test]
    fn a_change_that_a_page_of_another_origin_sends_is_told() {
        let host = ("host", "prescale.example.org");
        check(&[host], None);
        check(&[host, ("origin", "https://prescale.example.org")], None);
        check(&[host, ("sec-fetch-site", "same-origin")], None);
        check(&[host, ("sec-fetch-site", "cross-site")], Some("cross-site"));
        check(&[host, ("sec-fetch-site", "same-site")], Some("same-site"));
        check(&[host, ("sec-fetch-site", "none")], Some("none"));
        check(&[host, ("origin", "https://evil.example.org")], Some("evil.example.org"));
        check(&[host, ("origin", "https://prescale.example.org:8443")], Some("8443"));
        check(&[host, ("origin", "null")], Some("null"));
        check(&[("origin", "https://prescale.example.org")], Some("this is none"));
    }

    #[test]
    fn a_token_is_not_to_be_sent_in_the_open() {
        let check = |host: &str, origin: &str, expected: bool| {
            let head = head("/", &[("host", host), ("origin", origin)]);
            assert_eq!(is_in_the_open(call(&head)), expected, "{origin}");
        };
        check("10.0.0.3:8081", "http://10.0.0.3:8081", true);
        check("localhost:8081", "http://localhost:8081", false);
        check("prescale.example.org", "https://prescale.example.org", false);
    }
}
