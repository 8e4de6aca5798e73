//! See [`nextim_fuzz::call`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::call(data));
