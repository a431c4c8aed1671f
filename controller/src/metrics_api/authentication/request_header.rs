//! What the front proxy says of a user, in headers. Read only once its certificate is vouched for.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

use super::{caller::Caller, trust::RequestHeader};

impl RequestHeader {
    /// Whether a certificate with this name may speak for users.
    pub(super) fn allows(&self, name: Option<&str>) -> bool {
        self.allowed_names.is_empty()
            || name.is_some_and(|name| self.allowed_names.iter().any(|allowed| allowed == name))
    }

    /// The user that the headers speak of; `None` where they name nobody.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        Some(Caller {
            name: first(headers, &self.name_headers)?.to_owned(),
            uid: first(headers, &self.uid_headers).unwrap_or_default().to_owned(),
            groups: self
                .group_headers
                .iter()
                .flat_map(|name| values(headers, name))
                .map(str::to_owned)
                .collect(),
            extra: self.extra(headers),
        })
    }

    fn extra(&self, headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
        let mut extra = BTreeMap::<_, Vec<_>>::new();
        // Names of headers are lower-case already.
        for (header, value) in headers {
            let key =
                self.extra_prefixes.iter().find_map(|prefix| header.as_str().strip_prefix(prefix.as_str()));
            if let (Some(key), Ok(value)) = (key, value.to_str()) {
                extra.entry(unescaped(key)).or_default().push(value.to_owned());
            }
        }
        extra
    }
}

fn first<'a>(headers: &'a HeaderMap, names: &[HeaderName]) -> Option<&'a str> {
    let first_of =
        |name| headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    names.iter().find_map(first_of)
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts.filter(|value| !value.is_empty())
}

/// What cannot be unescaped stays as it is.
fn unescaped(key: &str) -> String {
    percent_decode_str(key).decode_utf8().map_or_else(|_| key.to_owned(), |text| text.into_owned())
}
