//! A [`Comparison`](crate::result::Comparison) for people and machines: one HTML file, a table for the terminal, JSON
//! and a CSV of the timeline. Everything here is a pure function of the comparison, so the same result gives the same
//! bytes; nothing here decides or computes a result.

mod beside;
mod buckets;
mod columns;
mod costs;
pub(crate) mod escape;
#[cfg(test)]
pub(crate) mod fixture;
mod html;
mod json;
pub(crate) mod parts;
mod payload;
mod sections;
mod terminal;
mod timeline;
mod turns;
mod windows;

pub use html::write_html;
pub use json::write_json;
pub use terminal::table;
pub use timeline::write_timeline;
