//! What one person has done that Kafka has not acknowledged yet. Most people have done nothing, most of the time: then it
//! takes no memory.

use std::future::{Future, poll_fn};
use std::task::Poll;

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use realtime_protocol::{Problem, Uuid};

/// An interaction, and what became of it.
pub(super) type Done = (Uuid, Result<Uuid, Problem>);

/// Interactions on their way.
#[derive(Debug, Default)]
pub(super) struct InFlight(Option<Box<FuturesUnordered<BoxFuture<'static, Done>>>>);

impl InFlight {
    /// One more.
    pub(super) fn push(&mut self, interaction: impl Future<Output = Done> + Send + 'static) {
        self.0.get_or_insert_default().push(Box::pin(interaction));
    }

    /// The next that is done; for ever, where there are none. Can be dropped and asked again.
    pub(super) async fn done(&mut self) -> Done {
        poll_fn(|context| {
            let Some(some) = &mut self.0 else { return Poll::Pending };
            let Poll::Ready(Some(done)) = some.poll_next_unpin(context) else { return Poll::Pending };
            if some.is_empty() {
                self.0 = None;
            }
            Poll::Ready(done)
        })
        .await
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |some| some.len())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_is_told_and_forgotten() {
        let mut in_flight = InFlight::default();
        assert!(in_flight.is_empty());
        let id = Uuid::from_u128;
        in_flight.push(std::future::pending());
        in_flight.push(async move { (id(2), Ok(id(2))) });
        assert_eq!(in_flight.done().await, (id(2), Ok(id(2))));
        assert_eq!(in_flight.len(), 1);
        in_flight.0 = None;
        in_flight.push(async move { (id(3), Err(Problem::late("x"))) });
        assert_eq!(in_flight.done().await.0, id(3));
        assert!(in_flight.0.is_none());
    }
}
