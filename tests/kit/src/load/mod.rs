//! Playing many users at once: what the load generator and the fault run share.
//!
//! [`population`] is who there is, [`socket`] how they connect, and [`wire`] what they send and read. Unlike
//! [`crate::http`], nothing here waits, and hardly anything allocates.

pub mod digits;
pub mod population;
pub mod socket;
pub mod wire;
