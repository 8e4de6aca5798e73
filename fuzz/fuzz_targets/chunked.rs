//! See [`nextim::fuzzed::chunked`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::chunked(data));
