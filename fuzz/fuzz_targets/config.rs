//! See [`nextim::fuzzed::config`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::config(data));
