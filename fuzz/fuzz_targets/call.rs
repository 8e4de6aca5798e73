//! See [`nextim::fuzzed::call`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::call(data));
