//! One end of a link.
//!
//! Owns: [`Link`], its parts, and how it asks and says something. Must not: know what mail or a record means.

use std::sync::Arc;

use super::asked::{Asked, Questions};
use super::context::{Context, Sink};
use super::images::Images;
use super::lost::Lost;
use super::pending::Pendings;
use super::session::{Session, names_of};
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::cluster::limits::{FRAME_BYTES, FRAME_BYTES_MAX};
use crate::cluster::wire::record::{DomainList, Record, Said};
use crate::router::call::Refusal;
use crate::router::directory::Places;
use crate::router::ids::{Place, UserKey};
use crate::router::mail::{Mail, Names, Relink, RelinkTo};

/// See the module.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) place: Place,
    pub(super) name: Arc<str>,
    pub(super) session: Session,
    /// Whether the other node was not heard for a while.
    pub(super) is_suspect: bool,
    /// Records that leave with the next frame.
    pub(super) batch: Vec<u8>,
    pub(super) images: Images,
    pub(super) questions: Questions,
    pub(super) pendings: Pendings,
    pub(super) lost: Lost,
    /// For each of the other node's domains the same one here.
    pub(super) domains: Vec<Option<DomainId>>,
    /// Their names, by the same numbers.
    pub(super) domain_names: Vec<Box<str>>,
    pub(super) places: Places,
}

impl Link {
    /// A link to the node of this name, which is not there yet.
    pub(crate) fn new(place: Place, name: Arc<str>, context: Context<'_>) -> Link {
        Link {
            place,
            name,
            session: Session::new(),
            is_suspect: false,
            batch: Vec::new(),
            images: Images::new(context.places().hasher()),
            questions: Questions::default(),
            pendings: Pendings::new(place),
            lost: Lost::default(),
            domains: Vec::new(),
            domain_names: Vec::new(),
            places: context.places().clone(),
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn images(&self) -> &Images {
        &self.images
    }

    pub(crate) fn lost(&self) -> &Lost {
        &self.lost
    }

    /// The domains of this node have changed.
    pub(crate) fn replace_domains(&mut self, context: Context<'_>) {
        self.find_domains(context);
        let names = names_of(context.domains());
        self.say(0, DomainList { names });
    }

    /// Whether the other node is asked nothing new for now.
    pub(crate) fn set_suspect(&mut self, is_suspect: bool, context: Context<'_>, sink: &mut Sink) {
        if std::mem::replace(&mut self.is_suspect, is_suspect) && !is_suspect && self.session.is_up() {
            self.recover(context, sink);
        }
    }

    /// Asks the other node, if it can be reached; else the one who waits hears that at once.
    pub(super) fn ask(&mut self, asked: Asked, record: impl Into<Record>, sink: &mut Sink) {
        if self.is_suspect {
            return self.give_up(asked, sink);
        }
        self.tell(asked, record, sink);
    }

    /// The same for what the other node must hear, however long it takes: both would remember different things.
    pub(super) fn tell(&mut self, asked: Asked, record: impl Into<Record>, sink: &mut Sink) {
        if !self.session.is_up() {
            return self.give_up(asked, sink);
        }
        let request = self.questions.ask(asked);
        if !self.say(request, record)
            && let Some(asked) = self.questions.take(request)
        {
            self.give_up(asked, sink);
        }
    }

    /// Tells the one who waits that there is no answer. Names that could not be asked for are asked for later.
    pub(super) fn give_up(&mut self, asked: Asked, sink: &mut Sink) {
        let again = match &asked {
            // The names have other owners by now.
            Asked::Link(asked) if self.session.epoch().is_none() => Some(asked.again()),
            Asked::Link(asked) => {
                self.lost.try_again(asked);
                None
            }
            Asked::Enter { domain, user, rooms, .. } if self.session.epoch().is_none() => {
                Some(enter_again(*user, *domain, rooms))
            }
            Asked::Enter { domain, user, rooms, .. } => {
                self.lost.enter_later(*user, *domain, rooms);
                None
            }
            Asked::Call(_)
            | Asked::Members(..)
            | Asked::Message(_)
            | Asked::Status(_)
            | Asked::Delivery(_)
            | Asked::Broadcast(_)
            | Asked::Unlink { .. }
            | Asked::Moved(_)
            | Asked::Done(_)
            | Asked::Share(_) => None,
        };
        sink.given_up += 1;
        sink.mail.push(asked.unanswered(Refusal::Unreachable));
        sink.mail.extend(again);
    }

    /// Says something, if the link is up. Returns whether it was.
    pub(super) fn say(&mut self, request: u32, record: impl Into<Record>) -> bool {
        if !self.session.is_up() {
            return false;
        }
        let before = self.batch.len();
        let said = Said { request, record: record.into() }.put(&mut self.batch);
        if self.batch.len() - before > FRAME_BYTES_MAX {
            self.batch.truncate(before);
            return false;
        }
        if before > 0 && self.batch.len() > FRAME_BYTES {
            // It begins a frame of its own.
            let rest = self.batch.split_off(before);
            let full = std::mem::replace(&mut self.batch, rest);
            self.session.queue(full);
        }
        said
    }

    /// The hash by which routers here know a name.
    pub(super) fn hash(&self, domain: DomainId, name: &str) -> u64 {
        self.places.hash(domain, name)
    }

    /// The domain here that the other node calls by this number.
    pub(super) fn domain(&self, number: u32) -> Option<DomainId> {
        self.domains.get(number as usize).copied().flatten()
    }

    /// A user of this process, if the key can be one.
    pub(super) fn own(key: UserKey, context: Context<'_>) -> Option<UserKey> {
        context.places().contains(key.place).then_some(key)
    }

    /// Sends what was said in this turn, and what is due without.
    pub(crate) fn flush(&mut self, context: Context<'_>, sink: &mut Sink) {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.session.queue(batch);
        }
        self.session.flush(context, sink);
        self.images.sweep(context.now);
        if self.session.is_burst() || self.session.is_silent(context.now) {
            self.break_off(context, sink);
        }
    }

    /// When the link has something to do at the latest.
    pub(crate) fn due(&self) -> Tick {
        self.session.due().min(self.lost.due()).min(self.images.due())
    }

    /// How many questions are under way, in both directions.
    pub(crate) fn under_way(&self) -> usize {
        self.questions.len() + self.pendings.len()
    }

    /// Whether its frames go through.
    pub(crate) fn is_up(&self) -> bool {
        self.session.is_up()
    }

    #[cfg(test)]
    pub(crate) fn is_quiet(&self) -> bool {
        self.batch.is_empty() && self.under_way() == 0 && self.session.is_quiet() && self.lost.is_empty()
    }
}

/// The mail that asks for rooms once more.
fn enter_again(user: UserKey, domain: DomainId, rooms: &Names) -> (Place, Mail) {
    let users = vec![(user.slot, rooms.iter().map(|(_, name)| name.clone()).collect())];
    (user.place, Mail::Relink(Relink { domain, to: RelinkTo::Rooms, users }))
}
