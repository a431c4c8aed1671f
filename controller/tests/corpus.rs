//! Bodies that are nasty: each is answered, in bounded time and memory.

#[path = "../../fuzz/replay.rs"]
mod replay;

use prescale_controller::push::parse::{
    MOST_UNPACKED_BYTES, Precision, Version, json, line_protocol, remote_write,
};
use replay::{Bound, check};

/// What a body of 1 MiB may be unpacked to, with what is read of it.
const MEMORY: Bound = Bound(64.0);

// One test, since memory is counted for all threads.
#[test]
fn whatever_is_pushed_is_answered_in_bounded_time_and_memory() {
    check("push_json", &MEMORY, |body| drop(json(body)));
    check("line_protocol", &MEMORY, |body| {
        let _ = line_protocol(body, Precision::Nanoseconds);
        let _ = line_protocol(body, Precision::Seconds);
    });
    check("remote_write", &MEMORY, written);
}

/// As it is; and, where it can be, the message within, packed anew after the damage.
fn written(body: &[u8]) {
    for version in [Version::V1, Version::V2] {
        let _ = remote_write(body, version);
        if body.len() < MOST_UNPACKED_BYTES {
            let packed = snap::raw::Encoder::new().compress_vec(body).expect("any bytes can be packed");
            let _ = remote_write(&packed, version);
        }
    }
}
