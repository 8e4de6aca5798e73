//! Who is online at the puppet, and its usual answers.
//!
//! Owns: sessions, rooms, and the shape of each answer, which is that of the real server. Must not: open a socket.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::call::Call;

/// An answer of the puppet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn text(status: u16, body: &str) -> Answer {
        Answer { status, kind: "text/plain; charset=utf-8", body: body.to_owned(), headers: Vec::new() }
    }

    fn json(value: &Value) -> Answer {
        Answer { kind: "application/json", body: value.to_string(), ..Answer::text(200, "") }
    }
}

/// One session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) name: String,
    nick: String,
    show: String,
    status: String,
    pub(crate) rooms: BTreeSet<String>,
}

/// The users that are online.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) sessions: BTreeMap<String, Session>,
    tickets: usize,
}

impl People {
    /// A session without a site: a user is online with this show, in these rooms.
    pub(super) fn enter(&mut self, name: &str, nick: &str, show: &str, rooms: &[&str]) -> String {
        let rooms = rooms.iter().map(|room| (*room).to_owned()).collect();
        let (name, nick, show) = (name.to_owned(), nick.to_owned(), show.to_owned());
        self.add(Session { name, nick, show, rooms, ..Session::default() })
    }

    fn add(&mut self, session: Session) -> String {
        self.tickets += 1;
        let ticket = format!("puppet-{:04}-{:028x}", self.tickets, self.tickets * 0x9e37_79b9);
        self.sessions.insert(ticket.clone(), session);
        ticket
    }

    fn visible(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().filter(|session| session.show != "invisible")
    }

    fn is_visible(&self, name: &str) -> bool {
        self.visible().any(|session| session.name == name)
    }

    fn members(&self, room: &str) -> BTreeMap<&str, &str> {
        let members = self.visible().filter(|session| session.rooms.contains(room));
        members.map(|session| (session.name.as_str(), session.nick.as_str())).collect()
    }

    /// The usual answer to a call, whose domain and key are right.
    pub(super) fn answer(&mut self, call: &Call, own_url: &str) -> Answer {
        let ticket = call.get("ticket").to_owned();
        if !ticket.is_empty() && !self.sessions.contains_key(&ticket) {
            return Answer::text(404, "no client found");
        }
        match call.path.as_str() {
            "/presences/online" => self.online(call, own_url),
            "/presences/offline" => self.offline(call),
            "/presences/show" => self.show(call),
            "/statuses" | "/buddies/remove" => Answer::text(200, "ok"),
            "/messages" => self.message(call),
            "/onlines" => self.onlines(call),
            "/room/members" => {
                let room = call.get("room");
                let entry = |(id, nick): (&str, &str)| json!({"id": id, "nick": nick});
                Answer::json(&json!({room: self.members(room).into_iter().map(entry).collect::<Vec<_>>()}))
            }
            "/room/join" => {
                let room = call.get("room").to_owned();
                self.each(call, |session| session.rooms.extend([room.clone()]));
                Answer::json(&json!({room.clone(): self.members(&room).len()}))
            }
            "/room/leave" => {
                self.each(call, |session| session.rooms.retain(|found| found != call.get("room")));
                Answer::text(200, "ok")
            }
            _ => Answer::text(404, "not found"),
        }
    }

    /// Changes the session of a call's ticket, or all sessions of its name.
    fn each(&mut self, call: &Call, mut change: impl FnMut(&mut Session)) {
        let (ticket, name) = (call.get("ticket"), call.get("name"));
        for (key, session) in &mut self.sessions {
            if key == ticket || (ticket.is_empty() && session.name == name) {
                change(session);
            }
        }
    }

    fn online(&mut self, call: &Call, own_url: &str) -> Answer {
        let name = call.get("name").to_owned();
        if name.is_empty() {
            return Answer::text(400, "missing parameter: name");
        }
        let or = |value: &str, other: &str| if value.is_empty() { other } else { value }.to_owned();
        let rooms: BTreeSet<String> = call.list("rooms").into_iter().collect();
        let former = self.sessions.values().find(|session| session.name == name).cloned().unwrap_or_default();
        let session = Session {
            nick: or(call.get("nick"), &name),
            show: or(call.get("show"), &or(&former.show, "available")),
            status: call.find("status").unwrap_or(&former.status).to_owned(),
            rooms: rooms.clone(),
            name,
        };
        // The presence is the user's, not the session's.
        for other in self.sessions.values_mut().filter(|other| other.name == session.name) {
            (other.show, other.status) = (session.show.clone(), session.status.clone());
        }
        let ticket = self.add(session);
        let shown = |name: &String| self.visible().find(|session| session.name == *name);
        let buddies: Vec<&Session> = call.list("buddies").iter().filter_map(shown).collect();
        let server = format!("{own_url}/packets");
        if call.get("version").is_empty() {
            let names: BTreeMap<_, _> =
                buddies.iter().map(|session| (&session.name, &session.show)).collect();
            let counts: BTreeMap<_, _> = rooms.iter().map(|room| (room, self.members(room).len())).collect();
            return Answer::json(
                &json!({"ticket": ticket, "buddies": names, "roominfo": counts, "clientnum": 1}),
            );
        }
        let rooms: Vec<Value> =
            rooms.iter().map(|room| json!({"name": room, "total": self.members(room).len()})).collect();
        let buddies: Vec<Value> = buddies.into_iter().map(described).collect();
        Answer::json(
            &json!({"ticket": ticket, "rooms": rooms, "buddies": buddies, "server": server, "clientnum": 1}),
        )
    }

    fn offline(&mut self, call: &Call) -> Answer {
        let (ticket, name) = (call.get("ticket"), call.get("name"));
        self.sessions.retain(|key, session| key != ticket && (!ticket.is_empty() || session.name != name));
        Answer::text(200, "ok")
    }

    fn show(&mut self, call: &Call) -> Answer {
        let (show, status) = (call.get("show").to_owned(), call.find("status").map(str::to_owned));
        let of_ticket = self.sessions.get(call.get("ticket")).map(|session| session.name.clone());
        let name = of_ticket.unwrap_or_else(|| call.get("name").to_owned());
        for session in self.sessions.values_mut().filter(|session| session.name == name) {
            if !show.is_empty() {
                session.show.clone_from(&show);
            }
            if let Some(status) = &status {
                session.status.clone_from(status);
            }
        }
        Answer::text(200, "ok")
    }

    fn message(&self, call: &Call) -> Answer {
        let (ticket, to) = (call.get("ticket"), call.get("to"));
        let from = self.sessions.get(ticket).map_or(call.get("from"), |session| &session.name);
        if from.is_empty() {
            return Answer::text(400, "missing parameter: ticket");
        }
        let is_meant = |session: &&Session| match call.get("type") {
            "multicast" | "grpchat" => session.rooms.contains(to) && session.name != from,
            "broadcast" => session.name != from,
            _ => session.name == to,
        };
        let receivers: Vec<&Session> = self.sessions.values().filter(is_meant).collect();
        let visible = receivers.iter().filter(|session| self.is_visible(&session.name)).count();
        let headers = vec![
            ("X-NextIM-Delivered", receivers.len().to_string()),
            ("X-NextIM-Visible", visible.to_string()),
        ];
        Answer { headers, ..Answer::text(200, "ok") }
    }

    fn onlines(&self, call: &Call) -> Answer {
        let names = call.list("names");
        let visible = |name: &String| self.visible().find(|session| session.name == *name);
        let found: Vec<&Session> = names.iter().filter_map(visible).collect();
        if call.get("format") == "json" {
            let shows: BTreeMap<_, _> = found.iter().map(|session| (&session.name, &session.show)).collect();
            return Answer::json(&json!(shows));
        }
        if call.get("version").is_empty() {
            let names: Vec<&str> = found.iter().map(|session| session.name.as_str()).collect();
            return Answer::text(200, &names.join(","));
        }
        Answer::json(&found.into_iter().map(described).collect())
    }
}

fn described(session: &Session) -> Value {
    json!({"name": session.name, "nick": session.nick, "show": session.show, "status": session.status})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(people: &mut People, target: &str) -> Answer {
        people.answer(&Call::read(target, &[], b""), "http://im")
    }

    #[test]
    fn a_visit() {
        let mut people = People::default();
        let ticket = people.enter("bob", "Bob", "away", &["1"]);
        people.enter("eve", "Eve", "invisible", &["1"]);
        let online = ask(&mut people, "/presences/online?name=alice&buddies=bob,eve&rooms=1&version=6");
        let said: Value = serde_json::from_str(&online.body).unwrap();
        assert_eq!(said["buddies"], json!([{"name": "bob", "nick": "Bob", "show": "away", "status": ""}]));
        assert_eq!(
            (&said["rooms"], &said["server"]),
            (&json!([{"name": "1", "total": 2}]), &json!("http://im/packets"))
        );
        let sent = ask(&mut people, &format!("/messages?ticket={ticket}&to=alice"));
        assert_eq!(sent.headers[0], ("X-NextIM-Delivered", "1".to_owned()));
        assert_eq!(ask(&mut people, "/messages?from=x&to=eve").headers[1].1, "0");
        assert_eq!(ask(&mut people, "/onlines?names=bob,eve,zoe").body, "bob");
        assert_eq!(ask(&mut people, "/room/join?name=alice&room=2").body, "{\"2\":1}");
        assert_eq!(ask(&mut people, "/presences/offline?name=bob").body, "ok");
        assert_eq!(ask(&mut people, &format!("/statuses?ticket={ticket}")).status, 404);
    }
}
