//! What a caller accepts: the aggregator asks `/apis` for aggregated discovery by parameters of its `Accept` header
//! (`application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`), and takes the plain list otherwise.

use axum::http::{HeaderMap, header::ACCEPT};

/// The shapes that `/apis` can be answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `APIGroupList`.
    Plain,
    /// `APIGroupDiscoveryList`, in this version of its group.
    Aggregated(&'static str),
}

/// Versions of `apidiscovery.k8s.io` that share the shape we write.
const VERSIONS: [&str; 2] = ["v2", "v2beta1"];

/// The shape that `headers` like best; the plain one where they like none that we have.
pub(crate) fn shape(headers: &HeaderMap) -> Shape {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = accepted.flat_map(|value| value.split(','));
    let mut best: Option<(f64, Shape)> = None;
    for (weight, shape) in ranges.filter_map(read) {
        // The first of equal weights wins, as in Kubernetes.
        if 0.0 < weight && best.is_none_or(|(heaviest, _)| heaviest < weight) {
            best = Some((weight, shape));
        }
    }
    best.map_or(Shape::Plain, |(_, shape)| shape)
}

/// One media range with its weight; `None` for what we cannot write.
fn read(range: &str) -> Option<(f64, Shape)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let parameter = |name| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let weight = parameter("q").map_or(Some(1.0), |weight| weight.parse().ok())?;
    let is_json = ["application/json", "application/*", "*/*"].contains(&media);
    let shape = match (parameter("g"), parameter("v"), parameter("as")) {
        (None, None, None) => Shape::Plain,
        (Some("apidiscovery.k8s.io"), Some(version), Some("APIGroupDiscoveryList")) => {
            Shape::Aggregated(VERSIONS.into_iter().find(|known| *known == version)?)
        }
        _ => return None,
    };
    is_json.then_some((weight, shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, expected: Shape) {
        let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
        assert_eq!(shape(&headers), expected, "{accept}");
    }

    #[test]
    fn aggregated_discovery_is_given_to_who_asks_for_it_first() {
        let v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let beta = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
        check(v2, Shape::Aggregated("v2"));
        check(&format!("{v2},{beta},application/json"), Shape::Aggregated("v2"));
        check(&format!("{beta}, application/json"), Shape::Aggregated("v2beta1"));
        check(&format!("application/json, {v2}"), Shape::Plain);
        check(&format!("application/json;q=0.5, {v2};q=0.9"), Shape::Aggregated("v2"));
        check(&format!("{v2};q=0, application/json"), Shape::Plain);
    }

    #[test]
    fn everyone_else_gets_the_plain_list() {
        check("application/json", Shape::Plain);
        check("*/*", Shape::Plain);
        check("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList", Shape::Plain);
        check("application/vnd.kubernetes.protobuf", Shape::Plain);
        assert_eq!(shape(&HeaderMap::new()), Shape::Plain);
    }
}
