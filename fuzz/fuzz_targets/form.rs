//! See [`nextim::fuzzed::form`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::form(data));
