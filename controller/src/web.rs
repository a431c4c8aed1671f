//! The forecast dashboard: what is planned and why, as a page, as a documented JSON API, and as a stream. Everything is
//! answered from memory; who may see what is asked of the [door](door), and what may not be seen is as if not there.

pub mod access;
mod api;
mod assets;
pub mod door;
mod draft;
mod events;
mod gallery;
mod headers;
mod json;
mod origin;
mod past;
mod read;
mod replay;
mod server;
mod session;
mod setup;
mod stream;
mod what_if;
pub mod wire;
mod worth;

use std::sync::Arc;

use axum::{Router, middleware};
use jiff::Timestamp;
use tokio::sync::Semaphore;

pub use api::document;
pub use door::{Call, Door, OpenDoor, Rights, SignedIn, Viewer};
pub use events::{EventDesk, Which};
pub use gallery::{Gallery, GallerySettings, Living, Look, RoomLook};
pub use replay::ReplayControl;
pub use server::{Peer, serve};
pub use setup::SetupView;

use crate::store::Store;
use stream::Hub;

/// What the dashboard is made of.
pub struct WebParts {
    /// What is shown.
    pub gallery: Arc<Gallery>,
    /// Who may see it.
    pub door: Arc<dyn Door>,
    /// The replay that is shown; `None` where a cluster is.
    pub replay: Option<Arc<dyn ReplayControl>>,
    /// What Prescale leans on.
    pub setup: Arc<dyn SetupView>,
    /// The calendar.
    pub events: Arc<dyn EventDesk>,
    /// Where history of before is read; `None` where none is kept.
    pub store: Option<Store>,
}

/// What requests share.
pub(crate) struct Web {
    gallery: Arc<Gallery>,
    door: Arc<dyn Door>,
    replay: Option<Arc<dyn ReplayControl>>,
    setup: Arc<dyn SetupView>,
    events: Arc<dyn EventDesk>,
    store: Option<Store>,
    hub: Arc<Hub>,
    /// What-ifs that are reckoned at once.
    suppositions: Semaphore,
}

impl Web {
    /// The time that is shown: that of the replay, where there is one.
    fn now(&self) -> Timestamp {
        self.replay.as_ref().map_or_else(Timestamp::now, |replay| replay.state().at)
    }
}

/// The routes of the dashboard, page and API. Serve them with [`serve`].
pub fn router(parts: WebParts) -> Router {
    let WebParts { gallery, door, replay, setup, events, store } = parts;
    let hub = Arc::new(Hub::new(Arc::clone(&gallery)));
    let suppositions = Semaphore::new(what_if::MOST_AT_ONCE);
    let web = Arc::new(Web { gallery, door, replay, setup, events, store, hub, suppositions });
    Router::new()
        .merge(api::router(&web))
        .merge(assets::routes())
        .layer(middleware::map_response(headers::harden))
}
