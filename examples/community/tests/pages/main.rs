//! The pages as browsers get them, from a site and a message server on ports of their own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod admin;
mod coming_in;
mod files;
mod forum;
mod groups;
mod harness;
mod old;
mod people;
