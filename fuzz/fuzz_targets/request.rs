//! See [`nextim::fuzzed::request`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::request(data));
