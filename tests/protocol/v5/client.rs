//! What the clients of sites have in common: the calls of a day, each answered exactly.
//!
//! Owns: [`Client`], and the calls in their order. Must not: know how a client writes a request.

use serde_json::Value;

use super::page::Page;
use crate::support::{Response, Site};

/// Parameters of a call.
pub(crate) type Params<'p> = [(&'p str, &'p str)];

/// What a success without data is answered.
pub(crate) const OK: &str = r#"{"status":"ok"}"#;

/// A client of a site: how it writes its calls.
pub(crate) trait Client {
    /// A call as bytes.
    fn request(&self, site: &Site, method: &str, path: &str, params: &Params<'_>) -> Vec<u8>;

    /// A call about a room as bytes: by this method, with this word behind the room in the path.
    fn room_request(&self, site: &Site, call: (&str, &str), room: &str, params: &Params<'_>) -> Vec<u8>;
}

/// What the client reads of an answer: it throws unless this is 200 and a JSON object.
#[track_caller]
pub(crate) fn read(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let text = answer.text().to_owned();
    assert!(serde_json::from_str::<Value>(&text).is_ok_and(|json| json.is_object()), "{text}");
    text
}

/// A client and its site.
pub(crate) struct Caller<'c> {
    pub(crate) client: &'c dyn Client,
    pub(crate) site: &'c Site,
}

impl Caller<'_> {
    /// A call; what it is answered.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, path: &str, params: &Params<'_>) -> String {
        read(&self.site.send(&self.client.request(self.site, method, path, params)))
    }

    /// A call about a room.
    #[track_caller]
    pub(crate) fn room(&self, method: &str, act: &str, room: &str, params: &Params<'_>) -> String {
        read(&self.site.send(&self.client.room_request(self.site, (method, act), room, params)))
    }

    /// A session; its ticket. `rest` is what the answer has behind the addresses of the poll.
    #[track_caller]
    pub(crate) fn online(&self, params: &Params<'_>, rest: &str) -> String {
        let text = self.call("POST", "/v5/presences/online", params);
        let json: Value = serde_json::from_str(&text).unwrap();
        let ticket = json["ticket"].as_str().expect("a ticket").to_owned();
        let (poll, socket) = ("https://im.example/v5/packets", "wss://im.example/v5/wsocket");
        let expected = format!(
            r#"{{"success":true,"ticket":"{ticket}","server":"{poll}","jsonpd":"{poll}","websocket":"{socket}",{rest}}}"#
        );
        assert_eq!(text, expected);
        ticket
    }
}

/// A room whose name has to be encoded.
const ROOM: &str = "群 1/a";
/// What the page of the other user gets in the calls of a day.
const HEARD: [&str; 5] = [
    r#"{"type":"show","to":"vid:17","from":"alice","nick":"Alice","show":"away","status":"lunch"}"#,
    concat!(
        r#"{"type":"chat","to":"vid:17","from":"alice","nick":"Alice","timestamp":1.3960000000005E12,"#,
        r#""body":"hi \u003cb>","style":"color:red","id":"m1"}"#
    ),
    concat!(
        r#"{"type":"grpchat","to":"群 1/a","from":"alice","nick":"Alice","timestamp":1396000000000.5,"#,
        r#""body":"all","style":"","id":"m2"}"#
    ),
    concat!(
        r#"{"type":"chat","to":"vid:17","from":"robot","nick":"Alice","timestamp":1,"#,
        r#""body":"beep","style":"","id":"m3"}"#
    ),
    r#"{"from":"alice","nick":"Alice","to":"vid:17","show":"typing"}"#,
];

/// The calls of a day: everything such a client has, with log-outs that come twice.
#[track_caller]
pub(crate) fn a_day(client: &dyn Client, site: &Site) {
    let caller = Caller { client, site };
    let [first, second, bob] = sessions(&caller);
    let mut page = Page::of(site, "vid:17", &bob);
    talk(&caller, &second);
    visit_rooms(&caller, &second);
    let heard = page.everything();
    for packet in HEARD {
        assert!(heard.contains(packet), "{packet}: {heard}");
    }
    for ticket in [&first, &first, &second, &second, &bob, &bob] {
        assert_eq!(caller.call("POST", "/v5/presences/offline", &[("ticket", ticket)]), OK);
    }
}

/// Two sessions of alice, the second started with the ticket of the first, and one of a visitor; their tickets.
#[track_caller]
fn sessions(caller: &Caller<'_>) -> [String; 3] {
    let online = |name: &str, ticket: &str, buddies: &str, rest: &str| {
        let params = [
            ("name", name),
            ("nick", &*name.to_uppercase()),
            ("show", "available"),
            ("status", ""),
            ("buddies", buddies),
            ("rooms", ROOM),
            ("ticket", ticket),
        ];
        caller.online(&params, rest)
    };
    let first = online("alice", "", "", r#""presences":{},"clientnum":1"#);
    let second = online("alice", &first, "", r#""presences":{},"clientnum":2"#);
    let bob = online("vid:17", "", "alice,carol", r#""presences":{"alice":"available"},"clientnum":1"#);
    [first, second, bob]
}

/// Everything that alice says and shows.
#[track_caller]
fn talk(caller: &Caller<'_>, ticket: &str) {
    let call = |method: &str, path: &str, more: &Params<'_>| {
        caller.call(method, path, &[&[("ticket", ticket), ("nick", "Alice")], more].concat())
    };
    assert_eq!(call("GET", "/v5/presences", &[("ids", "vid:17,carol")]), r#"{"vid:17":"available"}"#);
    assert_eq!(call("GET", "/v5/presences", &[("ids", "")]), "{}");
    assert_eq!(call("POST", "/v5/presences/show", &[("show", "away"), ("status", "lunch")]), OK);
    let chat = [
        ("to", "vid:17"),
        ("type", "chat"),
        ("body", "hi <b>"),
        ("style", "color:red"),
        ("timestamp", "1.3960000000005E12"),
        ("id", "m1"),
    ];
    assert_eq!(call("POST", "/v5/messages", &chat), OK);
    let group =
        [("to", ROOM), ("type", "grpchat"), ("body", "all"), ("timestamp", "1396000000000.5"), ("id", "m2")];
    assert_eq!(call("POST", "/v5/messages", &group), OK);
    // The ticket is sent along, and yet the message is not alice's.
    let push = [("from", "robot"), ("to", "vid:17"), ("body", "beep"), ("timestamp", "1"), ("id", "m3")];
    assert_eq!(call("POST", "/v5/messages", &push), OK);
    assert_eq!(call("POST", "/v5/statuses", &[("to", "vid:17"), ("show", "typing")]), OK);
}

/// A room that alice joins and leaves, and the one that alice stays in.
#[track_caller]
fn visit_rooms(caller: &Caller<'_>, ticket: &str) {
    let ticket = [("ticket", ticket), ("nick", "Alice")];
    assert_eq!(caller.room("POST", "join", "r2", &ticket), OK);
    assert_eq!(caller.room("GET", "members", "r2", &ticket), r#"{"alice":"away"}"#);
    assert_eq!(caller.room("POST", "leave", "r2", &ticket), OK);
    assert_eq!(caller.room("GET", "members", "r2", &ticket), "{}");
    let members: Value = serde_json::from_str(&caller.room("GET", "members", ROOM, &ticket)).unwrap();
    assert_eq!(members, serde_json::json!({"alice": "away", "vid:17": "available"}));
}
