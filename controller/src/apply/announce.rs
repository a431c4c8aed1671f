//! Tells the operators of a scaler by events. One that repeats soon is counted in the one before, as Kubernetes does it.

use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, Recorder, Reporter},
};

/// Events that are remembered to be counted. A recorder keeps each whole for six minutes, and looks through all of them
/// for each new one: when a controller starts with thousands of scalers, that is most of its work and memory.
const MOST_REMEMBERED: usize = 256;

/// Writes events.
#[derive(Clone)]
pub(super) struct Announcer {
    client: Client,
    reporter: Reporter,
    recent: Arc<Mutex<Recent>>,
}

struct Recent {
    recorder: Recorder,
    told: usize,
}

impl Recent {
    fn new(client: &Client, reporter: &Reporter) -> Self {
        Self { recorder: Recorder::new(client.clone(), reporter.clone()), told: 0 }
    }
}

impl Announcer {
    pub(super) fn new(client: &Client, reporter: Reporter) -> Self {
        let recent = Arc::new(Mutex::new(Recent::new(client, &reporter)));
        Self { client: client.clone(), reporter, recent }
    }

    pub(super) async fn tell(&self, event: &Event, regarding: &ObjectReference) -> kube::Result<()> {
        self.recorder().publish(event, regarding).await
    }

    /// One that remembers what was told last, or a new one once it remembers enough.
    fn recorder(&self) -> Recorder {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.told == MOST_REMEMBERED {
            *recent = Recent::new(&self.client, &self.reporter);
        }
        recent.told += 1;
        recent.recorder.clone()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, Request, Response};
    use kube::{client::Body, runtime::events::EventType};

    use super::*;

    /// An announcer to an API server that takes everything, and how it was written to.
    fn announcer() -> (Announcer, Arc<Mutex<Vec<Method>>>) {
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let note = Arc::clone(&seen);
        let service = tower::service_fn(move |request: Request<Body>| {
            note.lock().unwrap().push(request.method().clone());
            async {
                let written = request.into_body().collect_bytes().await?;
                kube::Result::<_>::Ok(Response::new(Body::from(written)))
            }
        });
        let reporter = Reporter { controller: "test".to_owned(), instance: None };
        (Announcer::new(&Client::new(service, "live"), reporter), seen)
    }

    async fn tell(announcer: &Announcer, scaler: usize) {
        let regarding = ObjectReference {
            name: Some(format!("s{scaler}")),
            namespace: Some("live".to_owned()),
            ..ObjectReference::default()
        };
        let event = Event {
            type_: EventType::Normal,
            reason: "Ready".to_owned(),
            note: None,
            action: "Plan".to_owned(),
            secondary: None,
        };
        announcer.tell(&event, &regarding).await.unwrap();
    }

    #[tokio::test]
    async fn what_repeats_is_counted_until_too_much_is_remembered() {
        let (announcer, seen) = announcer();
        tell(&announcer, 0).await;
        tell(&announcer, 0).await;
        assert_eq!(*seen.lock().unwrap(), [Method::POST, Method::PATCH]);
        for scaler in 1..MOST_REMEMBERED {
            tell(&announcer, scaler).await;
        }
        tell(&announcer, 0).await;
        assert_eq!(seen.lock().unwrap().last(), Some(&Method::POST));
    }
}
