//! What the dashboard tells the stage, and what the stage says of itself.

use std::sync::{Arc, mpsc};

use axum::http::StatusCode;
use futures::{FutureExt, future::BoxFuture};
use prescale_controller::web::{
    ReplayControl,
    wire::{Problem, ReplayCommand, ReplayState},
};
use tokio::sync::{oneshot, watch};

/// A command on its way to the stage, and where its answer goes: where the replay is then, or why it cannot be.
pub(super) type Order = (ReplayCommand, oneshot::Sender<Result<ReplayState, String>>);

/// A replay that is shown.
#[derive(Debug)]
pub struct Remote {
    orders: mpsc::Sender<Order>,
    state: watch::Sender<Arc<ReplayState>>,
}

impl Remote {
    /// A replay that begins with `state`, and what comes for its stage.
    pub(super) fn new(state: ReplayState) -> (Arc<Self>, mpsc::Receiver<Order>) {
        let (orders, ordered) = mpsc::channel();
        (Arc::new(Self { orders, state: watch::channel(Arc::new(state)).0 }), ordered)
    }

    /// Tells everybody where it is.
    pub(super) fn tell(&self, state: ReplayState) {
        self.state.send_replace(Arc::new(state));
    }

    /// How many watch.
    pub(super) fn audience(&self) -> usize {
        self.state.receiver_count()
    }
}

impl ReplayControl for Remote {
    fn state(&self) -> ReplayState {
        ReplayState::clone(&self.state.borrow())
    }

    fn command(&self, command: ReplayCommand) -> BoxFuture<'_, Result<ReplayState, Problem>> {
        let over = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the replay has ended");
        async move {
            let (answer, answered) = oneshot::channel();
            self.orders.send((command, answer)).map_err(|_| over())?;
            answered.await.map_err(|_| over())?.map_err(Problem::unprocessable)
        }
        .boxed()
    }

    fn subscribe(&self) -> watch::Receiver<Arc<ReplayState>> {
        self.state.subscribe()
    }
}
