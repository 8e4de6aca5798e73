//! See [`nextim::fuzzed::ticket`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim::fuzzed::ticket(data));
