//! A reader of server-sent events, as a browser reads them.

use std::time::Duration;

use flate2::{Decompress, FlushDecompress};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::fixture::Scene;

/// Messages come within a second; a loaded machine may take its time.
const WITHIN: Duration = Duration::from_secs(60);
/// What a gzip stream begins with.
const GZIP_BEGIN: usize = 10;

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream that is read.
pub(crate) struct Events {
    response: Response,
    text: String,
    id: String,
    unpack: Option<Unpack>,
}

struct Unpack {
    decompress: Decompress,
    begun: bool,
}

impl Events {
    /// Opens a stream, and waits until it has begun.
    pub(crate) async fn open(scene: &Scene, user: &str, query: &str) -> Self {
        let request = scene.request(Method::GET, user, format!("/api/v1/stream?{query}"));
        Self::begun(request.send().await.unwrap(), None).await
    }

    pub(crate) async fn open_packed(scene: &Scene, user: &str) -> Self {
        let request = scene.request(Method::GET, user, "/api/v1/stream").header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        let unpack = Unpack { decompress: Decompress::new(false), begun: false };
        Self::begun(response, Some(unpack)).await
    }

    pub(crate) async fn resume(scene: &Scene, user: &str, id: &str) -> Self {
        let request = scene.request(Method::GET, user, "/api/v1/stream").header("last-event-id", id);
        Self::begun(request.send().await.unwrap(), None).await
    }

    async fn begun(response: Response, unpack: Option<Unpack>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { response, text: String::new(), id: String::new(), unpack };
        events.read().await;
        events
    }

    /// The next event of this name.
    pub(crate) async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await;
            if event.name == name {
                return event;
            }
        }
    }

    /// The next event that has data.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.take() {
                return event;
            }
            assert!(self.read().await, "the stream has ended");
        }
    }

    pub(crate) async fn read_to_end(&mut self) {
        while self.read().await {}
    }

    async fn read(&mut self) -> bool {
        let chunk =
            tokio::time::timeout(WITHIN, self.response.chunk()).await.expect("nothing comes").unwrap();
        let Some(chunk) = chunk else { return false };
        let bytes = match &mut self.unpack {
            None => chunk.to_vec(),
            Some(unpack) => unpack.all(&chunk),
        };
        self.text += std::str::from_utf8(&bytes).unwrap();
        true
    }

    /// An event of what was read, if all of it is there.
    fn take(&mut self) -> Option<Event> {
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.text = rest;
            let field =
                |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
            if let Some(id) = field("id:") {
                self.id = id.to_owned();
            }
            if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                let data = serde_json::from_str(data).unwrap();
                return Some(Event { id: self.id.clone(), name: name.to_owned(), data });
            }
        }
        None
    }
}

impl Unpack {
    fn all(&mut self, chunk: &[u8]) -> Vec<u8> {
        let packed = if self.begun { chunk } else { &chunk[GZIP_BEGIN..] };
        self.begun = true;
        let (mut bytes, before) = (Vec::with_capacity(packed.len() * 4 + 1_024), self.decompress.total_in());
        loop {
            let taken = (self.decompress.total_in() - before) as usize;
            let room = bytes.capacity() - bytes.len();
            let had = bytes.len();
            self.decompress.decompress_vec(&packed[taken..], &mut bytes, FlushDecompress::Sync).unwrap();
            let taken = (self.decompress.total_in() - before) as usize;
            if taken == packed.len() && bytes.len() - had < room {
                return bytes;
            }
            bytes.reserve(bytes.len() + 1_024);
        }
    }
}
