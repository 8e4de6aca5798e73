//! See [`nextim_fuzz::form`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::form(data));
