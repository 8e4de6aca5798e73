//! The chat itself, as a value machine: inputs and `now` in, effects out.
pub mod call;
pub mod ids;
pub mod mail;
pub mod packet;
pub mod profile;
