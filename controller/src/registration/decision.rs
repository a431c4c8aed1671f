//! What is done about the APIService that is there. Pure.

use std::fmt;

use k8s_openapi::{
    ByteString,
    kube_aggregator::pkg::apis::apiregistration::v1::{APIService, APIServiceSpec, ServiceReference},
};
use kube::{ResourceExt, api::ObjectMeta};

use super::{API_SERVICE, FORMER_ANNOTATION, former};
use crate::metrics_api::{GROUP, VERSION};

/// As other external-metrics servers have it: nobody else serves the group, so nothing is before or after it.
const PRIORITY: i32 = 100;
/// Where a Service is reached if nothing else is said.
pub(super) const HTTPS: u16 = 443;

/// Where the metrics API is, as kube-apiserver reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The namespace of the Service.
    pub namespace: String,
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: u16,
}

/// What we register.
#[derive(Clone, Debug)]
pub struct Ours {
    /// Where we are.
    pub place: Place,
    /// Who vouches for us, PEM; empty where the system's authorities do.
    pub ca_bundle: String,
}

/// What is done where another server is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: it is said.
    LeaveOthers,
    /// It is taken over, once.
    TakeOver,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nobody is registered: register.
    Create,
    /// We are, and not as we are now: with an older bundle or another port.
    Update,
    /// We are.
    Keep,
    /// Another is: take it over, and remember the other.
    TakeOver,
    /// Another is, and stays.
    Refuse(Refusal),
}

/// Why we are not registered. Prints as the sentence for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another server was here before.
    Foreign {
        /// Its Service, `namespace/name`.
        owner: String,
    },
    /// We had taken it over, and it was taken back: whoever did it has their reasons, and we do not fight.
    TakenBack {
        /// The Service, `namespace/name`.
        owner: String,
    },
}

/// What is done about `existing`.
#[must_use]
pub fn decide(existing: Option<&APIService>, ours: &Ours, policy: Policy) -> Act {
    let Some(existing) = existing else { return Act::Create };
    if ours.place.is_of(existing) {
        return if is_as_now(existing, ours) { Act::Keep } else { Act::Update };
    }
    let owner = owner(existing);
    if former::note(existing).is_some() {
        return Act::Refuse(Refusal::TakenBack { owner });
    }
    match policy {
        Policy::LeaveOthers => Act::Refuse(Refusal::Foreign { owner }),
        Policy::TakeOver => Act::TakeOver,
    }
}

impl Place {
    /// Whether `existing` is registered for us, whatever the port.
    pub(super) fn is_of(&self, existing: &APIService) -> bool {
        let ours = (Some(self.namespace.as_str()), Some(self.service.as_str()));
        reference(existing)
            .is_some_and(|service| (service.namespace.as_deref(), service.name.as_deref()) == ours)
    }
}

impl Ours {
    /// The object as it is applied over `existing`, only at the version that was looked at. All fields of the spec are
    /// there, so that nothing stays of another server's.
    pub(super) fn applied(&self, existing: Option<&APIService>) -> APIService {
        let former = existing.and_then(|existing| match self.place.is_of(existing) {
            true => former::note(existing).map(str::to_owned),
            false => Some(former::write(existing)),
        });
        // Another's labels are left alone.
        let labels = existing.is_none_or(|existing| self.place.is_of(existing)) && former.is_none();
        let metadata = ObjectMeta {
            name: Some(API_SERVICE.to_owned()),
            resource_version: existing.and_then(ResourceExt::resource_version),
            labels: labels.then(|| [("app.kubernetes.io/managed-by".into(), "prescale".into())].into()),
            annotations: former.map(|former| [(FORMER_ANNOTATION.to_owned(), former)].into()),
            ..ObjectMeta::default()
        };
        APIService { metadata, spec: Some(self.spec()), status: None }
    }

    fn spec(&self) -> APIServiceSpec {
        APIServiceSpec {
            ca_bundle: Some(ByteString(self.ca_bundle.clone().into_bytes())),
            group: Some(GROUP.to_owned()),
            group_priority_minimum: PRIORITY,
            insecure_skip_tls_verify: Some(false),
            service: Some(ServiceReference {
                name: Some(self.place.service.clone()),
                namespace: Some(self.place.namespace.clone()),
                port: Some(self.place.port.into()),
            }),
            version: Some(VERSION.to_owned()),
            version_priority: PRIORITY,
        }
    }
}

fn is_as_now(existing: &APIService, ours: &Ours) -> bool {
    let Some(spec) = &existing.spec else { return false };
    let port = reference(existing).and_then(|service| service.port).unwrap_or(HTTPS.into());
    let bundle = spec.ca_bundle.as_ref().map_or(&[][..], |bundle| &bundle.0);
    port == i32::from(ours.place.port)
        && bundle == ours.ca_bundle.as_bytes()
        && spec.insecure_skip_tls_verify != Some(true)
}

fn reference(existing: &APIService) -> Option<&ServiceReference> {
    existing.spec.as_ref()?.service.as_ref()
}

/// Who is registered, for people. Without a Service, kube-apiserver itself answers.
fn owner(existing: &APIService) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    reference(existing).map_or_else(
        || "kube-apiserver".to_owned(),
        |service| format!("{}/{}", part(&service.namespace), part(&service.name)),
    )
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.service, self.port)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { owner } => write!(
                f,
                "APIService `{API_SERVICE}` belongs to Service `{owner}`: with --take-over we serve it and pass on \
                 what is not ours, with --no-api-service we leave it"
            ),
            Self::TakenBack { owner } => write!(
                f,
                "APIService `{API_SERVICE}` was taken back by Service `{owner}`: to take it over again, remove its \
                 annotation `{FORMER_ANNOTATION}`"
            ),
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn ours() -> Ours {
        let place = Place { namespace: "prescale-system".into(), service: "prescale".into(), port: 443 };
        Ours { place, ca_bundle: "a bundle".into() }
    }

    fn service(spec: Value) -> APIService {
        let metadata = json!({"name": API_SERVICE, "resourceVersion": "7"});
        serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
    }

    fn keda() -> APIService {
        service(json!({
            "service": {"namespace": "keda", "name": "keda-metrics", "port": 443}, "insecureSkipTLSVerify": true,
            "group": GROUP, "version": VERSION, "groupPriorityMinimum": 50, "versionPriority": 40,
        }))
    }

    fn check(existing: Option<&APIService>, policy: Policy, act: &Act) {
        assert_eq!(&decide(existing, &ours(), policy), act, "{existing:?} {policy:?}");
    }

    #[test]
    fn nobodys_is_created_and_ours_is_kept_as_we_are_now() {
        check(None, Policy::LeaveOthers, &Act::Create);
        let created = ours().applied(None);
        check(Some(&created), Policy::LeaveOthers, &Act::Keep);
        check(Some(&created), Policy::TakeOver, &Act::Keep);
        let changes: [fn(&mut APIServiceSpec); 4] = [
            |spec| spec.ca_bundle = Some(ByteString(b"an older bundle".to_vec())),
            |spec| spec.ca_bundle = None,
            |spec| spec.insecure_skip_tls_verify = Some(true),
            |spec| spec.service.as_mut().unwrap().port = Some(8443),
        ];
        for change in changes {
            let mut changed = created.clone();
            change(changed.spec.as_mut().unwrap());
            check(Some(&changed), Policy::LeaveOthers, &Act::Update);
        }
    }

    #[test]
    fn anothers_is_left_unless_we_are_told_to_take_it_over() {
        let owner = || "keda/keda-metrics".to_owned();
        check(Some(&keda()), Policy::LeaveOthers, &Act::Refuse(Refusal::Foreign { owner: owner() }));
        check(Some(&keda()), Policy::TakeOver, &Act::TakeOver);
        let local = service(json!({"groupPriorityMinimum": 1, "versionPriority": 1}));
        let owner = "kube-apiserver".to_owned();
        check(Some(&local), Policy::LeaveOthers, &Act::Refuse(Refusal::Foreign { owner }));
    }

    #[test]
    fn what_was_taken_back_is_not_fought_over() {
        let mut back = ours().applied(Some(&keda()));
        back.spec = keda().spec;
        let refusal = Refusal::TakenBack { owner: "keda/keda-metrics".to_owned() };
        check(Some(&back), Policy::TakeOver, &Act::Refuse(refusal.clone()));
        check(Some(&back), Policy::LeaveOthers, &Act::Refuse(refusal));
    }

    #[test]
    fn a_take_over_leaves_nothing_of_the_other_but_the_note_which_later_updates_keep() {
        let taken = ours().applied(Some(&keda()));
        assert_eq!(taken.spec, ours().applied(None).spec);
        assert_eq!(taken.metadata.resource_version.as_deref(), Some("7"));
        assert_eq!(taken.metadata.labels, None);
        let newer = Ours { ca_bundle: "a newer bundle".into(), ..ours() };
        assert_eq!(decide(Some(&taken), &newer, Policy::LeaveOthers), Act::Update);
        let updated = newer.applied(Some(&taken));
        assert_eq!(updated.metadata.annotations, taken.metadata.annotations);
        assert_eq!(former::read(&updated).unwrap().unwrap(), keda().spec.unwrap());
    }
}
