//! See [`nextim_fuzz::request`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::request(data));
