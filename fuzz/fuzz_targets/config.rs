//! See [`nextim_fuzz::config`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::config(data));
