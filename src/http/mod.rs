//! HTTP and forms: bytes in, requests or rejections out; the heads of answers.
//!
//! Owns: what any HTTP server with forms and JSONP needs. Must not: know a parameter of the protocol, read a
//! clock, touch a socket. In reading order: a [`request`] is split into `head`, which names a `host`,
//! and body, which is of a [`content_type`] and may be `chunked`; `target`, [`form`] and [`flat`] JSON hold parameters;
//! [`forwarded`] tells for whom a proxy asks; a [`response`] carries the answer, for [`jsonp`] in a call; an [`asset`] is
//! sent after some `negotiation`.

pub mod parser;
pub mod request;

mod chunked;
pub mod content_type;
mod head;
mod host;
pub(crate) mod target;

pub mod flat;
pub mod form;
pub mod forwarded;
pub mod jsonp;
pub mod response;

pub mod asset;
mod negotiation;
