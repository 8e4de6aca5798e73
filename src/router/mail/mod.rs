//! What travels between routers, and what a router and the shard around it exchange.
//!
//! Owns: the order of its files. Must not: import a part of the router.

mod calls;
mod effect;
mod letter;
mod links;
mod messages;
mod names;
mod reports;
mod rooms;

pub use calls::{CallAnswer, CallRequest, PollCut, PollFate};
pub use effect::{Alarm, Effect, Envelope, Input, Returned, TimedAlarm, Undelivered};
pub use letter::Mail;
pub use links::{Buddy, Link, LinkReply, Parted, Presence, Reach, Unlink, UnlinkReply};
pub use messages::{Broadcast, Multicast, Unicast, UserDelivery};
pub use names::{HashedName, Names, Unplaced};
pub use reports::{GatherReport, MembersRequest, NamesRequest, Part, ProfilesRequest};
pub use rooms::{
    EnteredRoom, EntryReply, RoomEntry, RoomExit, RoomJoin, RoomLeave, RoomLeft, RoomReveal, Sight,
};
