//! What nodes say to each other, as bytes.
//!
//! Owns: the order of its files. Must not: know what a record means; the link does.
//!
//! `text` has the bytes of plain values, `values` those of the router's types, `record` the records, `frame` what they
//! travel in, and `beat` what all nodes hear of each other. Numbers are varints (LEB128), texts have their length before
//! them. A body may end at any of its fields: the rest has its default. What follows the last known field is ignored. So
//! nodes of two minor versions understand each other.

pub(crate) mod beat;
pub(crate) mod frame;
#[cfg(test)]
pub(crate) mod made;
pub(crate) mod record;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub(crate) use text::{Reader, Wire};
