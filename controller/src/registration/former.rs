//! The external-metrics server that was registered before us: noted on the APIService itself, so that it is given back
//! whatever becomes of us, and metrics that are not ours are asked of it.

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::{APIService, APIServiceSpec};
use tracing::warn;

use crate::upstream::Origin;

/// The annotation with the spec that was there before, as JSON.
pub const FORMER_ANNOTATION: &str = "prescale.dev/former";

/// The note on `existing`, as it is written.
pub(super) fn note(existing: &APIService) -> Option<&str> {
    Some(existing.metadata.annotations.as_ref()?.get(FORMER_ANNOTATION)?.as_str())
}

/// The note of what `existing` is now.
pub(super) fn write(existing: &APIService) -> String {
    let spec = existing.spec.clone().unwrap_or_default();
    serde_json::to_string(&spec).expect("a spec is plain JSON")
}

/// What was there before; `None` where nothing was.
pub(super) fn read(existing: &APIService) -> Option<serde_json::Result<APIServiceSpec>> {
    note(existing).map(serde_json::from_str)
}

/// The server that was there before; `None` where none was, or kube-apiserver itself.
pub(super) fn server(existing: &APIService) -> Option<Origin> {
    match read(existing)? {
        Ok(spec) => Origin::of(&spec),
        Err(error) => {
            warn!(annotation = FORMER_ANNOTATION, %error, "former server cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Trust;
    use serde_json::{Value, json};

    fn check(spec: Value, port: u16, trust: Trust) {
        let mut spec = spec;
        spec["groupPriorityMinimum"] = 100.into();
        spec["versionPriority"] = 100.into();
        let there: APIService = serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap();
        let mut taken = APIService::default();
        taken.metadata.annotations = Some([(FORMER_ANNOTATION.to_owned(), write(&there))].into());
        let expected = Origin { namespace: "keda".into(), service: "metrics".into(), port, trust, at: None };
        assert_eq!(server(&taken), Some(expected));
        assert_eq!(read(&taken).unwrap().unwrap(), there.spec.unwrap());
    }

    #[test]
    fn the_former_server_is_read_back_with_its_trust() {
        let service = json!({"namespace": "keda", "name": "metrics"});
        check(json!({"service": service}), 443, Trust::System);
        check(json!({"service": service, "insecureSkipTLSVerify": true}), 443, Trust::Nobody);
        let bundle = Trust::Authorities(b"PEM".to_vec());
        check(
            json!({"service": {"namespace": "keda", "name": "metrics", "port": 6443}, "caBundle": "UEVN"}),
            6443,
            bundle,
        );
    }

    #[test]
    fn a_note_that_cannot_be_read_names_no_server() {
        let mut taken = APIService::default();
        assert_eq!(server(&taken), None);
        taken.metadata.annotations = Some([(FORMER_ANNOTATION.to_owned(), "garbage".to_owned())].into());
        assert_eq!(server(&taken), None);
        assert!(read(&taken).unwrap().is_err());
    }
}
