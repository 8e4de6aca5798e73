//! See [`nextim_fuzz::chunked`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::chunked(data));
