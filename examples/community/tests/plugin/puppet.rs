//! A message server that is none: what the site asks of it, and what the site makes of its answers.
//!
//! Owns: its connections. Must not: keep a session; tests that need one use the real server.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use nextim_community::http::Params;
use nextim_community::site::Options;
use nextim_community::webim::server::Address;
use nextim_testkit::conn::receive;

use crate::common::{TestSite, anywhere};

/// Notes the calls that it gets.
pub(crate) struct Puppet {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<(String, Params)>>>,
}

impl Puppet {
    /// A site that calls it.
    pub(crate) fn with_site() -> (Puppet, TestSite) {
        // The message servers start first: files that are open then stay open in their threads.
        crate::common::message_server();
        let listener = TcpListener::bind(anywhere()).unwrap();
        let puppet = Puppet { address: listener.local_addr().unwrap(), calls: Arc::default() };
        let calls = Arc::clone(&puppet.calls);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &calls);
            }
        });
        let url = format!("http://{}", puppet.address);
        let site = TestSite::with(Options::default(), |address| Address { url, ..address });
        (puppet, site)
    }

    /// The parameters of the last call of this path.
    #[track_caller]
    pub(crate) fn last(&self, path: &str) -> Params {
        let calls = self.calls.lock().unwrap();
        let found = calls.iter().rev().find(|(called, _)| called == path);
        found.unwrap_or_else(|| panic!("{path} is called: {calls:?}")).1.clone()
    }
}

/// Answers one call.
fn answer(mut stream: TcpStream, calls: &Mutex<Vec<(String, Params)>>) {
    let Ok(request) = receive(&stream) else { return };
    let path = request.line().split(' ').nth(1).unwrap().to_owned();
    let body = match &*path {
        "/presences/online" => r#"{"ticket":"t","buddies":[],"rooms":[]}"#,
        "/onlines" => "[]",
        _ => "ok",
    };
    calls.lock().unwrap().push((path, Params::read(&[&request.body])));
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).ok();
}

#[test]
fn a_session_lasts_as_long_as_the_log_in_but_no_longer_than_an_hour() {
    let (puppet, site) = Puppet::with_site();
    let alice = site.log_in("alice");
    let expires = |version: &str| {
        alice.online(&[("version", version)]);
        site.community.site().webim.acts.give_back("online alice");
        let sent = puppet.last("/presences/online");
        sent.find("expires").map(|seconds| seconds.parse::<i64>().unwrap())
    };
    assert_eq!(expires("6"), Some(3_600), "the log-in lasts for a month");
    assert_eq!(expires(""), Some(3_600), "the chat bar's version");
    assert_eq!(expires("3"), None, "a page of an old front end would not come back");
    alice.log_in_ends_in(2_000_000);
    let left = expires("6").unwrap();
    assert!((1_900..=2_000).contains(&left), "{left}");
    alice.log_in_ends_in(30_000);
    assert_eq!(expires("6"), Some(60), "the message server takes no shorter time");
}
