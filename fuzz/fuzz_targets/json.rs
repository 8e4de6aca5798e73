//! See [`nextim::fuzzed::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::json(data));
