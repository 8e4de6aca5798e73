//! See [`nextim_fuzz::callback`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::callback(data));
