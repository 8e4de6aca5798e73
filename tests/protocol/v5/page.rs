//! A page of `webim-js` 5.x: it polls by JSONP, without `seq`, and again after every 200; or it has a WebSocket, on a site
//! whose pages have one.
//!
//! Owns: how such a page waits. Must not: call what a site calls, but for the mark that ends what a test reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nextim_testkit::patience::PATIENCE;
use nextim_testkit::socket::{PONG, TEXT, handshake};
use serde_json::Value;

use crate::support::{Frame, Response, Site, Socket, Transport, get};

/// The user who sends marks.
const FENCE: &str = "~fence";

/// A page with a session.
pub(crate) struct Page {
    site: Site,
    pub(crate) name: String,
    pub(crate) ticket: String,
    /// Its socket, if it does not poll.
    socket: Option<Socket>,
    /// Answers that no test has read.
    unread: String,
}

impl Page {
    /// The page of a user, with the ticket that the site was answered.
    pub(crate) fn of(site: &Site, name: &str, ticket: &str) -> Page {
        let (name, ticket, unread) = (name.to_owned(), ticket.to_owned(), String::new());
        let mut page = Page { site: site.clone(), name, ticket, socket: None, unread };
        page.socket = (site.transport == Transport::Socket).then(|| page.subscribe());
        page
    }

    /// Opens a socket.
    #[track_caller]
    pub(crate) fn subscribe(&self) -> Socket {
        let mut socket = Socket::open(self.site.connect(), &handshake("/v5/wsocket", &[])).unwrap();
        socket.send(TEXT, format!("subscribe {} {}", self.site.domain, self.ticket).as_bytes());
        socket
    }

    /// A page whose site calls as few of the parameters as it can.
    #[track_caller]
    pub(crate) fn open(site: &Site, name: &str, params: &[(&str, &str)]) -> Page {
        let answer = site.post("/v5/presences/online", &[&[("name", name)], params].concat());
        let answer: Value = serde_json::from_str(&super::client::read(&answer)).unwrap();
        Page::of(site, name, answer["ticket"].as_str().expect("a ticket"))
    }

    /// A call of the site for this page.
    #[track_caller]
    pub(crate) fn call(&self, path: &str, params: &[(&str, &str)]) -> Response {
        self.site.post(path, &[&[("ticket", &*self.ticket)], params].concat())
    }

    /// A call of the site for this page, answered `ok`.
    #[track_caller]
    pub(crate) fn does(&self, path: &str, params: &[(&str, &str)]) {
        assert_eq!(super::client::read(&self.call(path, params)), super::client::OK);
    }

    /// A poll, whatever it is answered.
    #[track_caller]
    pub(crate) fn poll(&self) -> Response {
        let params = [
            ("domain", &*self.site.domain),
            ("ticket", &*self.ticket),
            ("callback", "jsonp1385"),
            ("_", "7"),
        ];
        self.site.send(&get("/v5/packets", &params))
    }

    /// Waits for the next text of its socket, and answers pings until then.
    #[track_caller]
    fn read(socket: &mut Socket) -> String {
        loop {
            match socket.frame() {
                Frame::Text(text) => return text,
                Frame::Ping(payload) => socket.send(PONG, &payload),
                other @ (Frame::Pong(_) | Frame::Close(_) | Frame::End) => panic!("a text, not {other:?}"),
            }
        }
    }

    /// Polls once; what the function is called with. Or waits for a text.
    #[track_caller]
    fn called_with(&mut self) -> String {
        if let Some(socket) = &mut self.socket {
            return Page::read(socket);
        }
        let answer = self.poll();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/javascript; charset=utf-8"));
        let argument = answer.text().strip_prefix("/**/jsonp1385(").and_then(|rest| rest.strip_suffix(");"));
        argument.expect("a call of the function").to_owned()
    }

    /// Everything that was queued to this page up to now: answers, one after another. No answer breaks the page.
    #[track_caller]
    pub(crate) fn everything(&mut self) -> String {
        static MARKS: AtomicU64 = AtomicU64::new(0);
        let mark = format!("mark {};", MARKS.fetch_add(1, Ordering::Relaxed));
        let push = [("from", FENCE), ("to", &*self.name), ("body", &*mark)];
        assert_eq!(super::client::read(&self.site.post("/v5/messages", &push)), super::client::OK);
        self.until(&mark)
    }

    /// Polls until an answer has this text; all answers since the last time.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        while !self.unread.contains(text) {
            assert!(Instant::now() < end, "{} only heard {}", self.name, self.unread);
            let answer = self.called_with();
            self.can_show(&answer);
            self.unread += &answer;
        }
        std::mem::take(&mut self.unread)
    }

    /// What throws in a page of 5.8: a message without `to` or of a third type, or a presence without `to`.
    #[track_caller]
    fn can_show(&self, answer: &str) {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        for list in ["messages", "presences", "statuses"] {
            for packet in answer[list].as_array().expect("a list") {
                assert!(packet["to"].as_str().is_some_and(|to| !to.is_empty()), "{packet}");
            }
        }
        for message in answer["messages"].as_array().into_iter().flatten() {
            let to_page = message["to"] == *self.name || message["from"] == *self.name;
            assert!(message["type"] == "grpchat" || message["type"] == "chat" && to_page, "{message}");
        }
        assert!(answer.get("signals").is_none(), "{answer}");
    }
}
