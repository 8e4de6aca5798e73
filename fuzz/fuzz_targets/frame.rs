//! See [`nextim::fuzzed::frame`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::frame(data));
