//! The page: what Vite built, embedded. Names under `assets/` carry a hash and are kept by browsers for good; the page
//! itself is asked for each time. Paths that are no file are routes of the page.

use std::{collections::HashMap, io::Write, sync::LazyLock};

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;

use super::wire::Problem;

/// What Vite built, committed, and compared with a fresh build in CI.
#[derive(RustEmbed)]
#[folder = "dashboard/dist"]
struct Dist;

const PAGE: &str = "index.html";

/// One file, as it is sent.
struct Asset {
    plain: Bytes,
    /// `None` where compression does not help.
    gzipped: Option<Bytes>,
    media: HeaderValue,
    tag: HeaderValue,
}

/// All of them, compressed once, when the first is asked for.
static ASSETS: LazyLock<HashMap<String, Asset>> =
    LazyLock::new(|| Dist::iter().filter_map(|name| Some((name.to_string(), Asset::of(&name)?))).collect());

pub(super) fn routes() -> Router {
    Router::new().fallback(answer)
}

async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") || path.starts_with("/auth/") {
        return Problem::not_found(format!("there is nothing at `{path}`")).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "a page can only be read");
        return ([(ALLOW, "GET, HEAD")], problem).into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(asset) = ASSETS.get(name).filter(|_| name != PAGE) {
        return asset.answer(lifetime(name), request.headers());
    }
    // A missing file is told as such: a page in its place would be run as a script, or shown as an image.
    if name.starts_with("assets/") {
        return Problem::not_found(format!("there is nothing at `{path}`")).into_response();
    }
    match ASSETS.get(PAGE) {
        Some(page) => page.answer("no-cache", request.headers()),
        None => Problem::not_found("the page was not built").into_response(),
    }
}

fn lifetime(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

impl Asset {
    fn of(name: &str) -> Option<Self> {
        let file = Dist::get(name)?;
        let plain = Bytes::from(file.data.into_owned());
        let gzipped = gzip(&plain).filter(|gzipped| gzipped.len() < plain.len() * 9 / 10);
        let tag =
            file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let tag = HeaderValue::from_str(&format!("\"{tag}\"")).ok()?;
        Some(Self { plain, gzipped, media: HeaderValue::from_static(media(name)), tag })
    }

    fn answer(&self, lifetime: &'static str, headers: &HeaderMap) -> Response {
        let kept = [
            (CACHE_CONTROL, HeaderValue::from_static(lifetime)),
            (ETAG, self.tag.clone()),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if headers.get(IF_NONE_MATCH) == Some(&self.tag) {
            return (StatusCode::NOT_MODIFIED, kept).into_response();
        }
        let media = [(CONTENT_TYPE, self.media.clone())];
        match self.gzipped.as_ref().filter(|_| takes_gzip(headers)) {
            Some(gzipped) => {
                let encoding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (kept, media, encoding, gzipped.clone()).into_response()
            }
            None => (kept, media, self.plain.clone()).into_response(),
        }
    }
}

/// Whether a caller takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings = accepted.flat_map(|value| value.split(','));
    codings.into_iter().any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    Some(encoder.finish().ok()?.into())
}

/// The media type by the ending of a name: those that a built page has.
fn media(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
