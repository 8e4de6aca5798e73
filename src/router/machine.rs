//! The router: its parts, and what a shard sees of them.
//!
//! Owns: [`Router`] and [`Settings`]. Must not: call [`Router::handle`], which `dispatch` defines.

use std::sync::Arc;

use super::broadcasts::Broadcasts;
use super::crowds::Crowds;
use super::directory::{Directory, Places};
use super::ids::{Place, Ticket};
use super::moves::Moves;
use super::out::Out;
use super::owners::{Isolation, Owners, Peer};
use super::people::tables::People;
use super::rooms::table::Rooms;
use super::sessions::storm::Load;
use super::work::Work;
use crate::base::clock::Tick;
use crate::base::domains::Domains;
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::stats::Counters;

/// What a router is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The router's own place.
    pub place: Place,
    /// All places; the same for all routers of a process.
    pub places: Places,
    /// Marks the tickets of this process.
    pub epoch: u32,
    /// Caps.
    pub limits: Arc<Limits>,
    /// Deadlines.
    pub timeouts: Arc<Timeouts>,
    /// What may wait on this place, in bytes.
    pub memory_bytes: usize,
    /// Most receivers that a delivery reaches in a turn.
    pub slice: usize,
    /// Most places that work on a broadcast at a time; as many as the machine has cores.
    pub broadcast_places: u16,
    /// The configured domains.
    pub domains: Arc<Domains>,
    /// Whether there are other nodes, which own names, too: until it is told of them, a router takes no calls.
    pub is_clustered: bool,
}

/// The chat of one shard.
#[derive(Debug)]
pub struct Router {
    pub(super) directory: Directory,
    pub(super) out: Out,
    pub(super) people: People,
    pub(super) rooms: Rooms,
    pub(super) crowds: Crowds,
    pub(super) broadcasts: Broadcasts,
    pub(super) moves: Moves,
    /// Most receivers that a delivery reaches in a turn.
    pub(super) slice: usize,
    /// Most places that work on a broadcast at a time.
    pub(super) broadcast_places: u16,
    /// Ids made for messages that came without one, and for signals.
    pub(super) ids_made: u64,
}

impl Router {
    /// A router without users. `memory` is that of the shard around it.
    pub fn new(settings: Settings, memory: Memory) -> Router {
        let Settings { place, places, epoch, limits, timeouts, slice, broadcast_places, domains, .. } =
            settings;
        let directory = Directory::new(place, places, epoch);
        let owners = Owners::new(directory.clone(), Arc::clone(&domains), settings.is_clustered);
        Router {
            out: Out::new(directory.clone(), timeouts.gather_ms, owners),
            people: People::new(directory.clone(), limits, timeouts, memory, domains),
            rooms: Rooms::new(directory.clone()),
            crowds: Crowds::default(),
            broadcasts: Broadcasts::default(),
            moves: Moves::default(),
            slice,
            broadcast_places,
            directory,
            ids_made: 0,
        }
    }

    /// The node that gave out a ticket, if it was another one that is there.
    pub(crate) fn issuer(&self, ticket: &Ticket) -> Option<Peer> {
        self.out.issuer(ticket)
    }

    /// Why this node of a cluster takes no calls of sites; `None`: it takes them.
    pub(crate) fn isolation(&self) -> Option<Isolation> {
        self.out.isolation()
    }

    /// What was counted so far, and how many users, sessions and rooms there are.
    pub(crate) fn counters(&mut self) -> &Counters {
        let (users, sessions) = (self.people.users_len(), self.people.sessions_len());
        let rooms = self.rooms.len();
        let counters = self.out.counters_mut();
        counters.users = users as u64;
        counters.sessions = sessions as u64;
        counters.rooms = rooms as u64;
        counters
    }

    /// Begins a turn: every domain has its share of it again. `load` is what the last one was like.
    pub(crate) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.out.begin_turn();
        self.people.begin_turn(now, load);
    }

    /// What the calls of each domain have used in this turn.
    pub(crate) fn work(&self) -> &Work {
        self.out.work()
    }
}
