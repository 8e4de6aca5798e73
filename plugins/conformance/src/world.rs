//! The world of a case: users, rooms, the site, and its message server.
//!
//! Owns: what a case may do. Must not: judge an answer, but that of a request which the case needs.

use std::net::SocketAddr;
use std::sync::Arc;

use nextim_testkit::http::basic;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::{Failure, Verdict};
use crate::host::{Held, Shell};
use crate::puppet::Puppet;
use crate::target::{LogIn, Step, Steps, Target, User};
use crate::visitor::{Pairs, Place, Visitor, hidden_field};

/// The domain and the key of the site at the message server. The key has letters that must be encoded.
pub(crate) const DOMAIN: &str = "conform.example";
pub(crate) const APIKEY: &str = "conform+key=%2B";

/// The world. Clones share it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) target: Arc<Target>,
    pub(crate) puppet: Puppet,
    pub(crate) place: Arc<Place>,
    pub(crate) shell: Shell,
    /// The real message server, once it is started.
    pub(crate) real: Option<SocketAddr>,
}

impl World {
    fn user(&self, name: &str) -> &User {
        self.target.users.get(name).unwrap_or_else(|| panic!("there is no user {name} in the world"))
    }

    /// The id of a user at the site.
    pub(crate) fn id(&self, name: &str) -> &str {
        &self.user(name).id
    }

    /// The number of a user.
    pub(crate) fn uid(&self, name: &str) -> &str {
        &self.user(name).uid
    }

    /// The display name of a user.
    pub(crate) fn nick(&self, name: &str) -> &str {
        &self.user(name).nick
    }

    /// The id of a room at the site.
    pub(crate) fn room(&self, name: &str) -> &str {
        self.target.rooms.get(name).map_or("", String::as_str)
    }

    /// The ids of users, with commas.
    pub(crate) fn ids(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.id(name)).collect::<Vec<_>>().join(",")
    }

    /// A user is online at the puppet without the site.
    pub(crate) fn enter(&self, name: &str, show: &str, rooms: &[&str]) -> String {
        let rooms: Vec<&str> = rooms.iter().map(|room| self.room(room)).collect();
        self.puppet.enter(self.id(name), self.nick(name), show, &rooms)
    }

    /// A browser in which nobody is logged in.
    pub(crate) fn guest(&self) -> Visitor {
        Visitor::new(&self.place, "nobody")
    }

    /// A browser in which this user is logged in.
    pub(crate) fn log_in(&self, name: &str) -> Verdict<Visitor> {
        let visitor = Visitor::new(&self.place, name);
        let user = self.user(name);
        let values =
            [("login", &*user.login), ("password", &*user.password), ("id", &*user.id), ("uid", &*user.uid)];
        match &self.target.log_in {
            LogIn::Command { command } => {
                let ran = self.shell.run(command, &values);
                visitor.take(&ran.map_err(|error| Failure::new(command, error, "a user logs in"))?);
            }
            LogIn::Form { path, fields, token } => {
                let mut filled = self.fields(fields, &values);
                if let Some(field) = token {
                    let page = visitor.open(path)?;
                    filled.extend(hidden_field(&page.text, field).map(|value| (field.clone(), value)));
                }
                let answer = visitor.submit(path, &pairs(&filled))?;
                answer.must(answer.status < 400 && visitor.has_cookies(), "the world's users can log in")?;
            }
        }
        Ok(visitor)
    }

    fn fields(
        &self,
        fields: &std::collections::BTreeMap<String, String>,
        values: Pairs<'_>,
    ) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| (name.clone(), self.shell.filled(value, values))).collect()
    }

    /// Makes an event happen at the host. `params` names users and rooms of the world.
    pub(crate) fn host(&self, event: &str, params: Pairs<'_>) -> Verdict {
        self.host_in(None, event, params).map(drop)
    }

    /// A user makes a chat password.
    pub(crate) fn chat_password(&self, user: &str) -> Verdict<String> {
        let shown = self.host_in(None, "chat_password", &[("one", user)])?;
        let is_one = |word: &&str| {
            let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
            word.len() == 24 && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase)
        };
        let mut words = shown.split(|char: char| !char.is_ascii_alphanumeric());
        let found = words.find(is_one).map(str::to_owned);
        found.ok_or_else(|| {
            Failure::new("chat_password", shown.as_str(), "a chat password of 24 characters is shown")
        })
    }

    /// The same, where the event may be an act in a browser, such as a log-out. Returns what the last step printed or
    /// showed.
    pub(crate) fn host_in(
        &self,
        visitor: Option<&Visitor>,
        event: &str,
        params: Pairs<'_>,
    ) -> Verdict<String> {
        let named = |name: &str| params.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
        let value = |name: &'static str| {
            let given = named(name)?;
            let value = if name == "room" { self.target.rooms.get(given) } else { None };
            let value = value.or_else(|| self.target.users.get(given).map(|user| &user.id));
            Some((name, value.map_or(given, String::as_str)))
        };
        let known = ["one", "other", "room", "text", "count", "type", "to", "seconds"];
        let values: Vec<(&str, &str)> = known.into_iter().filter_map(value).collect();
        let steps = self.target.host.get(event).map_or(&[][..], |steps| steps.each());
        let mut shown = String::new();
        for step in steps {
            match step {
                Step::Command(line) => {
                    let said = format!("the host's {event} {params:?}");
                    let done = self.shell.run(line, &values);
                    shown = done.map_err(|error| Failure::new(said, error, "the host's commands work"))?;
                }
                Step::Form { by, path, fields, token } => {
                    let by = by.trim_matches(['{', '}']);
                    let browser = match visitor.filter(|_| by == "visitor") {
                        Some(visitor) => visitor.clone(),
                        None => self.log_in(named(by).unwrap_or(by))?,
                    };
                    let mut filled = self.fields(fields, &values);
                    if let Some(token) = token {
                        let page = browser.open(&self.shell.filled(&token.page, &values))?;
                        let found = hidden_field(&page.text, &token.field);
                        filled.extend(found.map(|value| (token.field.clone(), value)));
                    }
                    let answer = browser.submit(&self.shell.filled(path, &values), &pairs(&filled))?;
                    answer.must(answer.status < 400, &format!("the host's {event} works"))?;
                    shown = answer.text;
                }
            }
        }
        Ok(shown)
    }

    /// Brings the host into a state that lasts until it is released.
    pub(crate) fn hold(&self, event: &str) -> Verdict<Held> {
        match self.target.host.get(event).map(Steps::each) {
            Some([Step::Command(line)]) => self.shell.hold(line),
            _ => Err(Failure::new(event, "no command", "this event is one command")),
        }
    }

    /// Posts messages back, as the message server does it.
    pub(crate) fn give_back(&self, ids: &[&str]) -> Verdict<Answer> {
        let line = |id: &&str| {
            json!({"id": id, "type": "unicast", "from": "x", "nick": "x", "to": "y", "body": "b",
            "style": "", "timestamp": 1})
        };
        self.undelivered(&ids.iter().map(line).collect(), DOMAIN, APIKEY)
    }

    /// An action of the gateway to XMPP for a user.
    pub(crate) fn xmpp(&self, action: &str, user: &str, fields: &Value) -> Verdict<Answer> {
        let mut body = json!({"action": action, "user": self.id(user)});
        for (name, value) in fields.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.xmpp_as(&body.to_string(), DOMAIN, APIKEY)
    }

    /// The gateway's request, with any body and key.
    pub(crate) fn xmpp_as(&self, body: &str, domain: &str, apikey: &str) -> Verdict<Answer> {
        let basic = basic(domain, apikey);
        let headers = [("Authorization", &*basic), ("Content-Type", "application/json")];
        self.guest().ask("POST", "xmpp", &headers, body)
    }

    /// The message server's call, with any body and key.
    pub(crate) fn undelivered(&self, body: &Value, domain: &str, apikey: &str) -> Verdict<Answer> {
        let basic = basic(domain, apikey);
        let headers = [("Authorization", &*basic), ("Content-Type", "application/json")];
        self.guest().ask("POST", "undelivered", &headers, &body.to_string())
    }
}

/// Goes online. Returns the page.
pub(crate) fn go_online(visitor: &Visitor, params: Pairs<'_>) -> Verdict<Page> {
    let answer = visitor.post("online", params)?;
    answer.is(200, "a user who is logged in can go online")?;
    answer.fits("online")?;
    let ticket = answer.text_at("/connection/ticket").to_owned();
    Ok(Page { visitor: visitor.clone(), ticket, answer })
}

/// A page that is online.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) visitor: Visitor,
    pub(crate) ticket: String,
    /// The answer of `online`.
    pub(crate) answer: Answer,
}

impl Page {
    /// POST with the page's ticket.
    pub(crate) fn post(&self, endpoint: &str, params: Pairs<'_>) -> Verdict<Answer> {
        let ticket = [("ticket", &*self.ticket)];
        self.visitor.post(endpoint, &[params, &ticket].concat())
    }

    /// The bodies of its new messages.
    pub(crate) fn missed(&self) -> Vec<String> {
        self.answer.each("/new_messages", "body")
    }
}

/// Sends a message with a cid to a user. Returns its id.
pub(crate) fn send(visitor: &Visitor, to: &str, body: &str) -> Verdict<String> {
    send_as(visitor, &[("type", "unicast"), ("to", to), ("body", body), ("cid", body)])
}

/// Sends a message to a room. Returns its id.
pub(crate) fn send_room(visitor: &Visitor, to: &str, body: &str) -> Verdict<String> {
    send_as(visitor, &[("type", "multicast"), ("to", to), ("body", body), ("cid", body)])
}

fn send_as(visitor: &Visitor, params: Pairs<'_>) -> Verdict<String> {
    let answer = visitor.post("message", params)?;
    answer.is(200, "the message is accepted")?;
    answer.fits("message")?;
    Ok(answer.text_at("/id").to_owned())
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
