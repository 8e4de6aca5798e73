//! See [`nextim_fuzz::ticket`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nextim_fuzz::ticket(data));
