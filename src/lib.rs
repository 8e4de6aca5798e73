#![doc = include_str!("../ARCHITECTURE.md")]

pub mod api;
pub mod base;
pub mod bridges;
pub mod config;
pub mod http;
pub mod node;
pub mod ops;
pub mod router;
