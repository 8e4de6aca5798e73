//! Packets for one user: they go to every session, or to the mailbox.
//!
//! Owns: the number of each user's last message or signal, and what happens when a session has no room. Must not: send
//! mail.

use super::tables::People;
use crate::base::slots::Slot;
use crate::router::call::Version;
use crate::router::out::Out;
use crate::router::packet::{Kind, Packet, PresenceType};
use crate::router::sessions::aside::KeptSignal;
use crate::router::sessions::label::Label;
use crate::router::sessions::session::SessionEnd;
use crate::router::sessions::space::PushOutcome;

/// What became of a message or typing state for one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::router) struct DeliveryOutcome {
    /// Sessions it was queued to; 1 if the user lingers and it is sure to reach the user or the site.
    pub(in crate::router) sessions: u32,
    /// Sessions that had no room for it, and ended.
    pub(in crate::router) refused: u32,
}

impl People {
    /// Queues a message or a light packet to every session of a user but `except`; a message also to the mailbox of one
    /// who lingers.
    pub(in crate::router) fn deliver(
        &mut self,
        out: &mut Out,
        user: Slot,
        packet: &Packet,
        except: Option<Slot>,
    ) -> DeliveryOutcome {
        match packet.kind() {
            Kind::Message(_) => {}
            Kind::Signal => return self.deliver_signal(out, user, packet, except),
            Kind::Presence(_) | Kind::Status | Kind::RoomStatus => {
                return self.queue(out, user, packet, Label::Light, except);
            }
        }
        let owner = self.user_mut(user);
        let given = owner.number_next();
        if owner.linger().is_some() {
            let sessions = u32::from(self.keep_lingering(out, user, packet));
            return DeliveryOutcome { sessions, refused: 0 };
        }
        let label = Label::Message(given);
        self.queue(out, user, packet, label, except)
    }

    /// Queues a signal to every session of version 6 but `except`. It waits with the mailbox if there is none.
    fn deliver_signal(
        &mut self,
        out: &mut Out,
        user: Slot,
        packet: &Packet,
        except: Option<Slot>,
    ) -> DeliveryOutcome {
        let owner = self.user_mut(user);
        let given = owner.number_next();
        if owner.signal_box().is_some() {
            self.keep_signal(out, user, KeptSignal { given, packet: packet.clone() });
            return DeliveryOutcome::default();
        }
        self.queue(out, user, packet, Label::Signal(given), except)
    }

    /// Queues a presence to every session of a user that knows it, but `except`. `about` is the hash of the name it is
    /// about, or of the name and the room.
    pub(super) fn show(
        &mut self,
        out: &mut Out,
        user: Slot,
        presence: &Packet,
        about: u64,
        except: Option<Slot>,
    ) {
        let label = if is_group_presence(presence.kind()) {
            Label::GroupPresence(about)
        } else {
            Label::Presence(about)
        };
        self.queue(out, user, presence, label, except);
    }

    fn queue(
        &mut self,
        out: &mut Out,
        user: Slot,
        packet: &Packet,
        label: Label,
        except: Option<Slot>,
    ) -> DeliveryOutcome {
        debug_assert!(fits(packet, label), "a packet has the label of its kind");
        let is_message = packet.is_message();
        let mut outcome = DeliveryOutcome::default();
        let mut full = Vec::new();
        let (mut next, mut visited) = (self.user(user).sessions().newest(), 0_usize);
        while let Some(session) = next {
            next = self.older(session);
            visited += 1;
            if Some(session) == except || !knows(self.session(session).version(), packet.kind()) {
                continue;
            }
            match self.push(out, session, packet.clone(), label) {
                PushOutcome::Queued => outcome.sessions += 1,
                PushOutcome::Dropped => {}
                PushOutcome::Full => full.push(session),
            }
        }
        // The first one goes with the user, who is charged for as one of many receivers, or is the only one of a call.
        out.charge(self.user(user).domain(), visited.saturating_sub(1));
        if is_message
            && let Some(speaker) = except
            && outcome.sessions > 0
        {
            self.note_spoken(user, speaker);
        }
        outcome.refused = u32::try_from(full.len()).expect("sessions of a user are few");
        for session in full {
            self.end_session(out, session, SessionEnd::Overflow { missed: is_message });
        }
        outcome
    }

    /// Queues a presence to one session. `about` is the hash of the name it is about.
    pub(super) fn show_to(&mut self, out: &mut Out, session: Slot, presence: Packet, about: u64) {
        let pushed = self.push(out, session, presence, Label::Presence(about));
        if pushed == PushOutcome::Full {
            self.end_session(out, session, SessionEnd::Overflow { missed: false });
        }
    }
}

/// Whether pages of this version know packets of this kind.
fn knows(version: Version, kind: Kind) -> bool {
    match kind {
        Kind::RoomStatus | Kind::Signal => version == Version::V6,
        Kind::Presence(_) if is_group_presence(kind) => version.is_v5(),
        Kind::Message(_) | Kind::Presence(_) | Kind::Status => true,
    }
}

fn is_group_presence(kind: Kind) -> bool {
    matches!(kind, Kind::Presence(PresenceType::GroupOnline | PresenceType::GroupOffline))
}

fn fits(packet: &Packet, label: Label) -> bool {
    use PresenceType::{GroupOffline, GroupOnline, Join, Leave, Offline, Online, Show};
    match packet.kind() {
        Kind::Message(_) => matches!(label, Label::Message(_)),
        Kind::Presence(Online | Offline | Show) => matches!(label, Label::Presence(_)),
        Kind::Presence(GroupOnline | GroupOffline) => matches!(label, Label::GroupPresence(_)),
        Kind::Signal => matches!(label, Label::Signal(_)),
        Kind::Presence(Join | Leave) | Kind::Status | Kind::RoomStatus => label == Label::Light,
    }
}
