//! The contacts of a member, as the site lists them.
//!
//! Owns: the contact list at the XMPP server, and the presences of contacts. Must not: ask the site.

use xmpp_parsers::jid::Jid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::roster::Item;

use super::Member;
use crate::core::calls::Buddy;
use crate::core::shows::presence_of;
use crate::core::{Context, Link, roster};
use crate::names::{name, node};

impl Member {
    /// The name of the user at an address. Addresses know no upper case, and other names may have this one, too: a contact's
    /// goes before others, and one that is written as the address before all.
    pub(in crate::core) fn addressee(&self, to: &Jid) -> Option<String> {
        let written = name(to)?;
        if self.known.contains_key(&written) {
            return Some(written);
        }
        let differs =
            |name: &&String| !name.is_ascii() || name.contains(|letter: char| letter.is_ascii_uppercase());
        let mut contacts = self.known.keys().filter(differs);
        let contact = contacts.find(|name| node(name).as_deref() == to.node());
        Some(contact.cloned().unwrap_or(written))
    }

    /// The site's list of contacts is the truth: sets what differs in the XMPP server's, and says who is there.
    pub(crate) fn on_roster(&mut self, id: &str, answer: Option<Element>, context: &mut Context<'_>) {
        if self.roster_question.as_deref() != Some(id) {
            return;
        }
        self.roster_question = None;
        let list = roster::items(answer);
        for item in roster::changes(context.domains, &list, self.known.values()) {
            self.set_contact(item, context);
        }
        self.show_all(context);
    }

    pub(super) fn set_contact(&mut self, item: Item, context: &mut Context<'_>) {
        let id = format!("contact-{}", context.number());
        let set = roster::set(context.domains, &self.jid, id, item);
        self.send(Link::Users, set, context);
    }

    /// A client has removed or changed a contact by itself: the site's list holds.
    pub(in crate::core) fn restore_contact(&mut self, name: &str, context: &mut Context<'_>) {
        let item = self.known.get(name).and_then(|buddy| roster::wanted(context.domains, buddy));
        if let (Some(item), true) = (item, context.privilege.is_some()) {
            self.set_contact(item, context);
            if let Some(buddy) = self.known.get(name).cloned() {
                self.show(&buddy, None, context);
            }
        }
    }

    pub(super) fn show_all(&mut self, context: &mut Context<'_>) {
        for buddy in self.known.values().cloned().collect::<Vec<_>>() {
            self.show(&buddy, None, context);
        }
    }

    /// Shows the presence of a contact to all clients, or to the one that asks.
    pub(in crate::core) fn show(&mut self, buddy: &Buddy, to: Option<Jid>, context: &mut Context<'_>) {
        if let Some(from) = context.domains.user_web(&buddy.name) {
            let to = to.unwrap_or_else(|| self.jid.clone().into());
            let presence = presence_of(buddy).with_from(from).with_to(to);
            self.send(Link::Users, presence, context);
        }
    }
}
