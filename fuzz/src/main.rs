//! One parser under libFuzzer, which learns from coverage which damage leads somewhere new. `FUZZ_PARSER` names it.
#![no_main]

mod parsers;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use parsers::{PARSERS, Parser};

static CHOSEN: LazyLock<&Parser> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_PARSER").unwrap_or_default();
    let known = PARSERS.iter().map(|parser| parser.name).collect::<Vec<_>>();
    let chosen = PARSERS.iter().find(|parser| parser.name == name);
    chosen.unwrap_or_else(|| panic!("FUZZ_PARSER is {name:?}: one of {known:?} is wanted"))
});

fuzz_target!(|input: &[u8]| CHOSEN.answer(input));
