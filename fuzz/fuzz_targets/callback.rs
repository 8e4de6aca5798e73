//! See [`nextim::fuzzed::callback`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::callback(data));
