//! What a request wants, read once from its path: the gate asks for the right to it, and the route answers that same
//! thing.

use axum::http::{Method, Uri};
use percent_encoding::percent_decode_str;

use super::{
    GROUP_VERSION,
    refusal::{Cause, Refusal},
};
use crate::board::ScalerKey;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wanted {
    /// A metric of a namespace.
    Metric {
        /// The namespace.
        namespace: String,
        /// The metric's name, ours or not.
        metric: String,
    },
    /// To push signals to a scaler.
    Push {
        /// Whose.
        scaler: ScalerKey,
    },
    /// To see which scalers a namespace has.
    Scalers {
        /// The namespace.
        namespace: String,
    },
    /// To do something with our objects, in a namespace.
    Objects {
        /// What.
        act: Act,
        /// The namespace; empty for all of them.
        namespace: String,
    },
    /// Anything else: discovery, documents, metrics for Prometheus.
    Path {
        /// As Kubernetes names the act: `get`.
        verb: String,
        /// The path.
        path: String,
    },
    /// A place of this API that never carries data, so that there is no right to ask for: no namespace, or no metric.
    NoData,
}

/// What can be done with our objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// To see scalers.
    SeeScalers,
    /// To see events.
    SeeEvents,
    /// To change events that are there.
    ChangeEvents,
}

impl Wanted {
    /// What `method` wants at `uri`.
    ///
    /// # Errors
    ///
    /// A path that is not UTF-8 once it is unescaped.
    pub(crate) fn of(method: &Method, uri: &Uri) -> Result<Self, Refusal> {
        let path = uri.path();
        let under_version = path
            .strip_prefix("/apis/")
            .and_then(|path| path.strip_prefix(GROUP_VERSION))
            .and_then(|path| path.strip_prefix('/'));
        let Some(place) = under_version.filter(|place| !place.is_empty()) else {
            let verb = method.as_str().to_ascii_lowercase();
            return Ok(Self::Path { verb, path: unescaped(path)? });
        };
        let segments: Vec<_> = place.split('/').collect();
        match segments[..] {
            ["namespaces", namespace, metric] if !namespace.is_empty() && !metric.is_empty() => {
                Ok(Self::Metric { namespace: unescaped(namespace)?, metric: unescaped(metric)? })
            }
            _ => Ok(Self::NoData),
        }
    }
}

fn unescaped(text: &str) -> Result<String, Refusal> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Refusal::new(Cause::BadRequest, format!("the path `{text}` is not UTF-8"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, wanted: &Wanted) {
        assert_eq!(Wanted::of(&Method::GET, &path.parse().unwrap()).as_ref(), Ok(wanted), "{path}");
    }

    #[test]
    fn a_metric_is_told_from_what_carries_no_data() {
        let metric = |metric: &str| Wanted::Metric { namespace: "live".into(), metric: metric.into() };
        let base = "/apis/external.metrics.k8s.io/v1beta1";
        check(&format!("{base}/namespaces/live/demand?labelSelector=a"), &metric("demand"));
        check(&format!("{base}/namespaces/live/my%20metric"), &metric("my metric"));
        check(&format!("{base}/namespaces/live/a%2Fb"), &metric("a/b"));
        for place in
            ["/demand", "/namespaces", "/namespaces/live", "/namespaces/live/", "/namespaces//demand"]
        {
            check(&format!("{base}{place}"), &Wanted::NoData);
        }
        check(&format!("{base}/namespaces/live/demand/gateway"), &Wanted::NoData);
    }

    #[test]
    fn everything_else_is_a_path() {
        for path in ["/apis", "/apis/external.metrics.k8s.io/v1beta1", "/metrics", "/apis/other/v1/x"] {
            check(path, &Wanted::Path { verb: "get".into(), path: path.into() });
        }
    }

    #[test]
    fn a_path_that_is_no_text_is_refused() {
        let uri = "/apis/external.metrics.k8s.io/v1beta1/namespaces/live/%ff".parse().unwrap();
        assert_eq!(Wanted::of(&Method::GET, &uri).unwrap_err().cause, Cause::BadRequest);
    }
}
