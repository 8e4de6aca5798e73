//! HTTP and forms: bytes to requests or rejections, and the heads of answers.
//!
//! Owns: all that an HTTP server with forms and JSONP needs. Must not: name a path, a parameter or a text of the API,
//! read a clock or touch a socket. In reading order: the [`parser`] makes a [`request`] of bytes, by the [`policy`] of
//! its path; it reads the `head`, which names a `host`, a `target` and a [`content_type`], and the body, which may be
//! `chunked`. [`form`] and [`flat`] JSON hold parameters, [`nested`] JSON is passed on, [`forwarded`] the address of a
//! proxy's client. A [`response`] is an answer, perhaps for [`jsonp`], or a stream of [`events`], a [`rejection`] an
//! error that may list [`methods`]; an [`asset`] is sent after some `negotiation`. By a [`websocket`] a connection ceases
//! to be one of requests.

pub(crate) mod methods;
pub(crate) mod parser;
pub(crate) mod policy;
pub(crate) mod request;

mod chunked;
pub(crate) mod content_type;
mod head;
mod host;
mod target;

pub(crate) mod events;
pub(crate) mod flat;
pub(crate) mod form;
pub(crate) mod forwarded;
pub(crate) mod jsonp;
pub(crate) mod nested;
pub(crate) mod rejection;
pub(crate) mod response;
pub(crate) mod websocket;

pub(crate) mod asset;
mod negotiation;
