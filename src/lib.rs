//! `NextIM`, a web instant-messaging server.
pub mod admission;
pub mod api;
pub mod clock;
pub mod config;
pub mod domains;
pub mod http;
pub mod json;
pub mod limits;
pub mod router;
pub mod server;
pub mod slots;
pub mod stats;
