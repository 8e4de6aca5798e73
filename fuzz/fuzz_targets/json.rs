//! See [`nextim_fuzz::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::json(data));
