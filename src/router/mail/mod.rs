//! What travels between routers, and what a router and the shard around it exchange.
//!
//! Owns: the order of its files. Must not: import a part of the router.

mod calls;
mod effect;
mod letter;
mod links;
mod messages;
mod names;
mod onward;
mod reports;
mod rooms;

pub use calls::{CallAnswer, CallRequest, PollFate};
pub(crate) use calls::{PollCut, StreamAck, Waiting};
pub use effect::{Alarm, Effect, Input};
pub(crate) use effect::{Envelope, Returned, TimedAlarm, Undelivered};
pub use letter::Mail;
pub(crate) use links::{
    Buddy, Link, LinkReply, Missed, Moved, Parted, Presence, Reach, Relink, RelinkTo, Unlink, UnlinkReply,
};
pub(crate) use messages::{Broadcast, Multicast, Reached, Unicast, UserDelivery};
pub(crate) use names::{HashedName, Names, Unplaced};
pub(crate) use onward::{ONWARD_HOPS_MAX, Onward};
pub(crate) use reports::{GatherReport, MembersRequest, NamesRequest, Part, ProfilesRequest};
pub(crate) use rooms::{
    EnteredRoom, Entering, EntryReply, Reenter, RoomEntry, RoomExit, RoomJoin, RoomLeave, RoomLeft,
    RoomReveal, Sight,
};
