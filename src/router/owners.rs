//! Which place owns which name, when the names are divided among nodes, too.
//!
//! Owns: [`Owners`], what one router knows of that, and [`Nodes`], how it is told. Must not: know how names are divided or
//! what a node is made of; the cluster does. A process that is in no cluster has no nodes, and pays one comparison.

use std::sync::Arc;

use super::call::{Call, MembersQuery, OnlinesQuery, Speaker, Subject, Verb};
use super::directory::Directory;
use super::ids::{Place, Ticket};
use crate::base::domains::DomainId;
use crate::base::domains::Domains;

/// The other nodes of a cluster as a router sees them: an immutable view, which is replaced as a whole.
pub trait Nodes: std::fmt::Debug + Send + Sync {
    /// The place of the node that owns a name of a domain; `None`: this node does.
    fn owner(&self, domain: &str, name: &str) -> Option<Place>;
    /// The node that owned a name before the last change, if that was a short time ago and another one does now: its user
    /// may still be there.
    fn former(&self, domain: &str, name: &str) -> Option<Place>;
    /// Whether names have got other owners a short time ago.
    fn is_settling(&self) -> bool;
    /// The node that gave out tickets of this epoch, if it is there.
    fn peer(&self, epoch: u32) -> Option<Peer>;
    /// How many places there are behind those of this process, whether their nodes are up or not.
    fn links(&self) -> u16;
    /// Why this node takes no calls; `None`: it takes them.
    fn isolation(&self) -> Option<Isolation>;
}

/// Why a node of a cluster takes no calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// It has just come, and does not own names yet.
    Joining,
    /// It does not hear itself by the broker.
    NoBroker,
    /// Another process keeps its name.
    NameTaken,
    /// It sees fewer nodes than `min_nodes`.
    TooFewNodes,
}

impl Isolation {
    /// The words for operators.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Isolation::Joining => "joining",
            Isolation::NoBroker => "isolated: no broker",
            Isolation::NameTaken => "isolated: another process has the name of this node",
            Isolation::TooFewNodes => "isolated: fewer nodes than min_nodes",
        }
    }
}

/// Another node.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The place that mail to it goes to.
    pub(crate) place: Place,
    /// Where its browsers poll.
    pub(crate) url: Arc<str>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Owners {
    directory: Directory,
    domains: Arc<Domains>,
    nodes: Option<Arc<dyn Nodes>>,
    /// Whether there are other nodes, known or not.
    is_clustered: bool,
}

impl Owners {
    /// The names are this process's own, as far as is known.
    pub(crate) fn new(directory: Directory, domains: Arc<Domains>, is_clustered: bool) -> Owners {
        Owners { directory, domains, nodes: None, is_clustered }
    }

    pub(crate) fn replace_domains(&mut self, domains: Arc<Domains>) {
        self.domains = domains;
    }

    pub(crate) fn replace_nodes(&mut self, nodes: Arc<dyn Nodes>) {
        self.nodes = Some(nodes);
    }

    /// The configured domains.
    pub(crate) fn domains(&self) -> &Domains {
        &self.domains
    }

    /// The place that owns the user (or the room) of that name.
    pub(crate) fn of(&self, domain: DomainId, name: &str) -> Place {
        self.elsewhere(domain, name).unwrap_or_else(|| self.directory.places().of(domain, name))
    }

    /// The other node that owns this name, if one does.
    pub(crate) fn elsewhere(&self, domain: DomainId, name: &str) -> Option<Place> {
        self.nodes.as_ref()?.owner(&self.domains.get(domain)?.name, name)
    }

    /// See [`Nodes::former`].
    pub(crate) fn former(&self, domain: DomainId, name: &str) -> Option<Place> {
        self.nodes.as_ref()?.former(&self.domains.get(domain)?.name, name)
    }

    /// Whether this process has heard who else is in its cluster.
    pub(crate) fn has_nodes(&self) -> bool {
        self.nodes.is_some()
    }

    /// See [`Nodes::is_settling`].
    pub(crate) fn is_settling(&self) -> bool {
        self.nodes.as_ref().is_some_and(|nodes| nodes.is_settling())
    }

    /// Which place this is, and which places of its process own what.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// How many places there are, of this process and behind them those of other nodes.
    pub(crate) fn count(&self) -> u16 {
        self.directory.places().count() + self.nodes.as_ref().map_or(0, |nodes| nodes.links())
    }

    /// Why this node takes no calls of sites; `None`: it takes them.
    pub(crate) fn isolation(&self) -> Option<Isolation> {
        match &self.nodes {
            Some(nodes) => nodes.isolation(),
            None => self.is_clustered.then_some(Isolation::Joining),
        }
    }

    /// The node that gave out a ticket, if it was another one that is there.
    pub(crate) fn issuer(&self, ticket: &Ticket) -> Option<Peer> {
        if ticket.epoch == self.directory.epoch() {
            return None;
        }
        self.nodes.as_ref()?.peer(ticket.epoch)
    }

    /// The place that can judge a call: the owner of the session or user it is about.
    pub(crate) fn home(&self, call: &Call<'_>) -> Place {
        let named = |name: &str| self.of(call.domain, name);
        let subject = |subject: &Subject<'_>| match subject {
            Subject::Ticket(ticket) => self.ticket_home(ticket),
            Subject::Name(name) => named(name),
        };
        let speaker = |speaker: &Speaker<'_>| match speaker {
            Speaker::Ticket(ticket) => self.ticket_home(ticket),
            Speaker::Site(from) => named(from),
        };
        match &call.verb {
            Verb::Online(online) => named(&online.name),
            Verb::RemoveBuddies(removal) => named(&removal.name),
            Verb::Offline(user) => subject(user),
            Verb::Show(show) => subject(&show.subject),
            Verb::Join(room) | Verb::Leave(room) => subject(&room.subject),
            Verb::End(ticket) => self.ticket_home(ticket),
            Verb::Message(message) => match &message.beside {
                Some(ticket) => self.ticket_home(ticket),
                None => speaker(&message.speaker),
            },
            Verb::Signal(signal) => speaker(&signal.speaker),
            Verb::Status(typing) => self.ticket_home(&typing.ticket),
            Verb::Poll(poll) => self.session_home(&poll.ticket),
            Verb::Ack(ack) => self.session_home(&ack.ticket),
            Verb::Onlines(OnlinesQuery { ticket, .. }) | Verb::Members(MembersQuery { ticket, .. }) => {
                ticket.as_ref().map_or(self.directory.place(), |ticket| self.ticket_home(ticket))
            }
        }
    }

    /// Where a ticket's session is, perhaps at another node.
    fn ticket_home(&self, ticket: &Ticket) -> Place {
        self.issuer(ticket).map_or_else(|| self.session_home(ticket), |peer| peer.place)
    }

    /// Where a ticket's session is in this process; a ticket of another one can be refused anywhere.
    fn session_home(&self, ticket: &Ticket) -> Place {
        let place = ticket.session.place;
        let is_own = ticket.epoch == self.directory.epoch() && self.directory.places().contains(place);
        if is_own { place } else { self.directory.place() }
    }
}
