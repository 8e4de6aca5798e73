//! The target file: how a plugin is started, reset and used.
//!
//! Owns: the format and its errors. Must not: run a command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The users of the world; each must be in the file.
pub(crate) const USERS: [&str; 7] = ["alice", "bob", "carol", "dave", "erin", "frank", "admin"];
/// The rooms of the world; each must be in the file.
pub(crate) const ROOMS: [&str; 2] = ["walkers", "secret"];
/// What a plugin may lack, and still be one.
pub(crate) const CAPABILITIES: [(&str, &str); 11] = [
    ("block", "the endpoints block and unblock"),
    ("broadcast", "messages of an administrator to everybody"),
    ("download", "the endpoint download_history"),
    ("form_log_in", "online with username and password"),
    ("jsonp", "scripts for pages of the origin jsonp_origin"),
    ("notifications", "the endpoint notifications"),
    ("old", "front ends of 2011, with version=3"),
    ("server", "the cases with the real message server"),
    ("status_text", "a line of text beside the presence, which the site keeps"),
    ("strangers", "chats with users who are no friends"),
    ("uids", "users are also named by a number, uid"),
];
/// What the suite asks of the host. An event that the file lacks is not offered.
pub(crate) const EVENTS: [(&str, &str); 16] = [
    ("befriend", "{one} and {other} become friends"),
    ("unfriend", "{one} ends the friendship with {other}"),
    ("ban", "the administrator bans {one}"),
    ("join", "{one} becomes a member of {room}"),
    ("leave", "{one} is no longer a member of {room}"),
    ("log_out", "the browser, as = \"visitor\", logs out"),
    ("log_out_everywhere", "all log-ins of {one} end"),
    ("shorten", "all log-ins of {one} end in {seconds} seconds"),
    ("post", "{one} posts {text}; subscribers get it in their channel"),
    ("subscribe", "{one} subscribes to the channel"),
    ("fill", "stores {count} messages of {type} from {one} to {to}, undelivered, with the bodies m0, m1, …"),
    ("chat_password", "{one} makes a chat password, which is printed or stands on the page that comes"),
    ("revoke_chat_passwords", "{one} revokes all chat passwords"),
    ("lock_db", "while it runs, another holds the lock for writing to the database"),
    ("full_db", "while it runs, there is no room left in the database"),
    ("read_only_db", "while it runs, nothing can be written to the database"),
];

/// A target file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Runs once, before all else.
    #[serde(default)]
    pub(crate) prepare: Option<String>,
    /// Runs before each case, and makes the world new.
    pub(crate) reset: String,
    /// Starts the site, and stays in the foreground. Without it, the site runs already.
    #[serde(default)]
    pub(crate) start: Option<String>,
    /// Whether the site is started again for each case, after `reset`.
    #[serde(default)]
    pub(crate) restart: bool,
    /// The site's address; by default on a free port of loopback.
    #[serde(default)]
    pub(crate) base: Option<String>,
    /// The port of the message server, if the site's settings have it already.
    #[serde(default)]
    pub(crate) im_port: u16,
    /// The path of an endpoint.
    pub(crate) url: String,
    /// The origin of the site's pages, if it is not `base`.
    #[serde(default)]
    pub(crate) origin: Option<String>,
    /// An origin whose pages may use the plugin by JSONP.
    #[serde(default)]
    pub(crate) jsonp_origin: Option<String>,
    /// The program of the real message server.
    #[serde(default)]
    pub(crate) server: Option<String>,
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
    pub(crate) log_in: LogIn,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) rooms: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) host: BTreeMap<String, Steps>,
}

/// How a user logs in.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum LogIn {
    /// A command that prints the value of the `Cookie` header.
    Command { command: String },
    /// A form, and the name of its hidden field, if it has one that must come back.
    Form {
        path: String,
        fields: BTreeMap<String, String>,
        #[serde(default)]
        token: Option<String>,
    },
}

/// A user of the world.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) uid: String,
    pub(crate) nick: String,
    #[serde(default)]
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) password: String,
}

/// What makes an event happen.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Steps {
    One(Step),
    Several(Vec<Step>),
}

impl Steps {
    pub(crate) fn each(&self) -> &[Step] {
        match self {
            Steps::One(step) => std::slice::from_ref(step),
            Steps::Several(steps) => steps,
        }
    }
}

/// A command, or a form that a user sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Step {
    Command(String),
    Form {
        /// A user of the world, `one` or `other` of the event, or `visitor`.
        #[serde(rename = "as")]
        by: String,
        path: String,
        #[serde(default)]
        fields: BTreeMap<String, String>,
        /// A page with a hidden field that must come back, and the name of that field.
        #[serde(default)]
        token: Option<Token>,
    },
}

/// A hidden field of a page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) page: String,
    pub(crate) field: String,
}

impl Target {
    /// Reads a target file. An error says what is wrong with it.
    pub(crate) fn read(file: &Path) -> Result<Target, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Target::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn parse(text: &str) -> Result<Target, String> {
        let target: Target = toml::from_str(text).map_err(|error| error.to_string())?;
        for name in USERS {
            let user = target.users.get(name).ok_or_else(|| format!("[users.{name}] is missing"))?;
            if user.id.is_empty() || user.nick.is_empty() {
                return Err(format!("[users.{name}] needs an id and a nick"));
            }
        }
        for name in ROOMS {
            target.rooms.get(name).ok_or_else(|| format!("[rooms] lacks {name}"))?;
        }
        if let Some(unknown) = target.users.keys().find(|name| !USERS.contains(&name.as_str())) {
            return Err(format!("[users.{unknown}] is no user of the world"));
        }
        let is_known = |name: &&String| !CAPABILITIES.iter().any(|(known, _)| known == name);
        if let Some(unknown) = target.lacks.iter().find(is_known) {
            return Err(format!("lacks: there is no capability {unknown:?}"));
        }
        if let Some(unknown) = target.host.keys().find(|name| !EVENTS.iter().any(|(known, _)| known == name))
        {
            return Err(format!("[host]: there is no event {unknown:?}"));
        }
        if !target.url.contains("{endpoint}") {
            return Err("url needs {endpoint}".to_owned());
        }
        if target.start.is_none() && target.base.is_none() {
            return Err("without start, base must name the site that runs already".to_owned());
        }
        if target.start.is_none() && target.restart {
            return Err("restart needs start".to_owned());
        }
        Ok(target)
    }

    /// Whether the plugin has a capability, or the host an event.
    pub(crate) fn offers(&self, name: &str) -> bool {
        match name {
            "jsonp" if self.jsonp_origin.is_none() => false,
            "server" if self.server.is_none() => false,
            _ if EVENTS.iter().any(|(event, _)| *event == name) => self.host.contains_key(name),
            _ => !self.lacks.iter().any(|lacked| lacked == name),
        }
    }
}

/// A text with its placeholders filled in. Unknown ones stay, so that shell and JSON may use braces.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after.split_once('}').and_then(|(name, behind)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, behind))
        });
        if let Some((value, behind)) = found {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_others_stay() {
        let values = [("one", "{other}"), ("other", "b")];
        assert_eq!(fill("{one} ${other} {x} {", &values), "{other} $b {x} {");
    }

    #[test]
    fn a_bad_file_is_refused_in_words() {
        let good = include_str!("../targets/community.toml");
        assert!(Target::parse(good).is_ok(), "{:?}", Target::parse(good));
        for (from, to, said) in [
            ("[users.erin]", "[users.eve]", "[users.erin] is missing"),
            ("secret = ", "hidden = ", "[rooms] lacks secret"),
            ("{endpoint}", "{end}", "url needs {endpoint}"),
            ("reset = ", "rest = ", "unknown field `rest`"),
            ("[host.ban]", "[host.bless]", "there is no event \"bless\""),
        ] {
            let problem = Target::parse(&good.replace(from, to)).unwrap_err();
            assert!(problem.contains(said), "{from} -> {to}: {problem}");
        }
        let lacking = format!("lacks = [\"soul\"]\n{good}");
        assert!(Target::parse(&lacking).unwrap_err().contains("no capability \"soul\""));
    }
}
