//! What every test needs: servers, sites and browsers, and of the kit what they are made with.
//!
//! Owns: the helpers. Must not: know the server's code; everything goes through its sockets, its command line and
//! its signals.

mod browser;
mod poll;
mod server;
mod setup;
mod site;

pub(crate) use browser::{Browser, Heard};
pub(crate) use nextim_testkit::conn::Conn;
pub(crate) use nextim_testkit::events::{Event, Stream, stream_request};
pub(crate) use nextim_testkit::http::{Response, basic, form, get, post, request};
pub(crate) use nextim_testkit::inbox::{Closed, Inbox, Reply};
pub(crate) use nextim_testkit::patience::eventually;
pub(crate) use nextim_testkit::random::Random;
pub(crate) use nextim_testkit::socket::{Frame, Socket};
pub(crate) use poll::{Poll, Transport};
pub(crate) use server::Server;
pub(crate) use setup::{Setup, each_site};
pub(crate) use site::Site;
