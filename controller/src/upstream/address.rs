//! The address of a read at the server. It must be the place that the reader was found to have the right to: a path that
//! this server and we could take for two different places is refused.

use reqwest::Url;

/// Where everything of this API is.
pub(super) const API: &str = "/apis/external.metrics.k8s.io/v1beta1";

/// `path_and_query` at the server of `base`; `None` where it leads out of the API, or to another place of it, by `..`, by
/// `\` or by a slash in disguise.
pub(super) fn address(base: &Url, path_and_query: &str) -> Option<Url> {
    let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
    let is_inside = path.strip_prefix(API).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let lower = path.to_ascii_lowercase();
    let has_hidden_slash = ["%2f", "%5c"].iter().any(|slash| lower.contains(slash));
    let url = base.join(path_and_query).ok()?;
    let is_as_written = url.path() == path && url.origin() == base.origin();
    (is_inside && is_as_written && !has_hidden_slash).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path_and_query: &str, expected: Option<&str>) {
        let base = Url::parse("https://keda-metrics.keda.svc:6443").unwrap();
        let url = address(&base, path_and_query).map(String::from);
        let expected = expected.map(|rest| format!("https://keda-metrics.keda.svc:6443{rest}"));
        assert_eq!(url, expected, "{path_and_query}");
    }

    #[test]
    fn a_read_goes_to_the_place_that_was_asked_for() {
        for place in [
            "",
            "/namespaces/live/s0-kafka",
            "/namespaces/live/my%20metric?labelSelector=app%3Dx%2Ctier%20in%20(a,b)",
            "/namespaces/live/a?labelSelector=path%3D%2Fx",
        ] {
            let path_and_query = format!("{API}{place}");
            check(&path_and_query, Some(&path_and_query));
        }
    }

    #[test]
    fn a_read_does_not_get_out_of_its_namespace() {
        for place in [
            "/namespaces/live/..",
            "/namespaces/live/%2e%2e",
            "/namespaces/live/..\\other\\secret",
            "/namespaces/live/..%2fother%2Fsecret",
            "/namespaces/live/..%5Cother",
            "/../../apps/v1/deployments",
            "x",
        ] {
            check(&format!("{API}{place}"), None);
        }
        for path in ["", "/", "/api/v1/secrets", "//evil.example", "https://evil.example/", "@evil.example"] {
            check(path, None);
        }
    }
}
