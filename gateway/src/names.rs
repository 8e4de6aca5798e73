//! Addresses of members, of others, and of rooms.
//!
//! Owns: which domain is whose, and the way from a name of the message server to an address and back. Must not: build an
//! address of a domain that is not the gateway's, but that of a member's own client.

use std::borrow::Cow;

use xmpp_parsers::jid::{BareJid, DomainPart, FullJid, Jid, NodePart, ResourcePart};

/// The resource of everybody who is not a client of the XMPP server.
const WEB: &str = "web";

/// Characters that an address cannot have before its `@`, and how XEP-0106 writes them.
const ESCAPES: [(char, &str); 9] = [
    (' ', "20"),
    ('"', "22"),
    ('&', "26"),
    ('\'', "27"),
    ('/', "2f"),
    (':', "3a"),
    ('<', "3c"),
    ('>', "3e"),
    ('@', "40"),
];

/// Which domain an address is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The domain that members log in to.
    Login,
    /// The domain under which others see users.
    Users,
    /// The domain of rooms.
    Rooms,
    /// Any other.
    Foreign,
}

/// The three domains.
#[derive(Clone, Debug)]
pub struct Domains {
    /// The domain that members log in to.
    pub login: DomainPart,
    /// The domain under which others see users.
    pub users: DomainPart,
    /// The domain of rooms.
    pub rooms: DomainPart,
}

impl Domains {
    pub(crate) fn side(&self, jid: &Jid) -> Side {
        let domain = jid.domain();
        match domain.as_str() {
            name if name == self.login.as_str() => Side::Login,
            name if name == self.users.as_str() => Side::Users,
            name if name == self.rooms.as_str() => Side::Rooms,
            _ => Side::Foreign,
        }
    }

    /// The XMPP server itself.
    pub(crate) fn login_host(&self) -> Jid {
        BareJid::from(self.login.clone()).into()
    }

    pub(crate) fn users_host(&self) -> Jid {
        BareJid::from(self.users.clone()).into()
    }

    pub(crate) fn rooms_host(&self) -> Jid {
        BareJid::from(self.rooms.clone()).into()
    }

    /// A member, by the local part of the member's address.
    pub(crate) fn member(&self, node: &NodePart) -> BareJid {
        BareJid::from_parts(Some(node), &self.login)
    }

    /// A user; none if the name cannot be an address.
    pub(crate) fn user(&self, name: &str) -> Option<BareJid> {
        Some(BareJid::from_parts(Some(&*node(name)?), &self.users))
    }

    /// A user as one who speaks.
    pub(crate) fn user_web(&self, name: &str) -> Option<FullJid> {
        self.user(name)?.with_resource_str(WEB).ok()
    }

    /// A room; none if its name cannot be an address.
    pub(crate) fn room(&self, name: &str) -> Option<BareJid> {
        Some(BareJid::from_parts(Some(&*node(name)?), &self.rooms))
    }
}

/// The local part of a name.
pub(crate) fn node(name: &str) -> Option<NodePart> {
    NodePart::new(&escape(name)).ok().map(Cow::into_owned)
}

/// The name of a local part.
pub(crate) fn name(jid: &Jid) -> Option<String> {
    Some(unescape(jid.node()?.as_str()))
}

/// A nick as the resource of a room; none if it cannot be one.
pub(crate) fn resource(nick: &str) -> Option<ResourcePart> {
    ResourcePart::new(nick.trim()).ok().map(Cow::into_owned)
}

/// XEP-0106: a name as it stands in an address.
pub fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, letter) in name.char_indices() {
        let code = ESCAPES.iter().find(|(plain, _)| *plain == letter).map(|(_, code)| *code);
        let is_escape = || code_at(&name[at + letter.len_utf8()..]).is_some();
        // A backslash is escaped only where it would be read as the beginning of an escape.
        match code.or_else(|| (letter == '\\' && is_escape()).then_some("5c")) {
            Some(code) => escaped.extend(["\\", code]),
            None => escaped.push(letter),
        }
    }
    escaped
}

/// XEP-0106: the name that stands in an address.
pub fn unescape(node: &str) -> String {
    let (mut name, mut rest) = (String::with_capacity(node.len()), node);
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match code_at(rest).filter(|_| letter == '\\') {
            Some(plain) => {
                name.push(plain);
                rest = &rest[2..];
            }
            None => name.push(letter),
        }
    }
    name
}

/// The character whose code a text begins with.
fn code_at(text: &str) -> Option<char> {
    if text.starts_with("5c") {
        return Some('\\');
    }
    ESCAPES.iter().find(|(_, code)| text.starts_with(code)).map(|(plain, _)| *plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn domains() -> Domains {
        let part = |name: &str| DomainPart::new(name).unwrap().into_owned();
        Domains { login: part("login.example"), users: part("im.example"), rooms: part("rooms.im.example") }
    }

    #[test]
    fn odd_names_have_addresses() {
        for (name, address) in [
            ("alice", "alice@im.example"),
            ("O'Hara", "o\\27hara@im.example"),
            ("a b", "a\\20b@im.example"),
            ("你好", "你好@im.example"),
            ("c:\\net", "c\\3a\\net@im.example"),
            ("a\\27", "a\\5c27@im.example"),
        ] {
            assert_eq!(domains().user(name).unwrap().as_str(), address, "{name}");
        }
        assert!(domains().user("").is_none() && domains().user("\u{1}").is_none());
    }

    #[test]
    fn the_domain_decides_whose_an_address_is() {
        for (jid, side) in [
            ("a@login.example/x", Side::Login),
            ("login.example", Side::Login),
            ("a@im.example", Side::Users),
            ("rooms.im.example", Side::Rooms),
            ("a@example", Side::Foreign),
            ("a@evil-login.example", Side::Foreign),
        ] {
            assert_eq!(domains().side(&Jid::new(jid).unwrap()), side, "{jid}");
        }
    }

    proptest! {
        #[test]
        fn what_was_escaped_is_found_again(name in "\\PC{0,20}|[\\\\2567ac ]{0,12}") {
            prop_assert_eq!(unescape(&escape(&name)), name);
        }

        #[test]
        fn any_name_is_an_address_or_none(name in any::<String>()) {
            if let Some(jid) = domains().user(&name) {
                prop_assert_eq!(domains().side(&jid.into()), Side::Users);
            }
        }
    }
}
