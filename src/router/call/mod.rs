//! Calls and answers, typed: what `api/` makes of requests and what it writes as answers.
//!
//! Owns: the order of its files. Must not: import `http` or `api`.

mod answer;
mod arguments;
mod verb;

pub use answer::{Answer, Delivery, Packets, Reason};
pub(crate) use answer::{JoinedRoom, MemberList, OnlineUsers, Receivers, Refusal, Started};
pub(crate) use arguments::{Ack, OnlinesQuery, RoomCall, Text, Typing};
pub use arguments::{
    BuddyRemoval, Looks, MembersQuery, NewMessage, NewSignal, Online, Poll, Show, Speaker, Subject,
    Transport, Version,
};
pub(in crate::router) use verb::Caller;
pub use verb::{Call, Verb};
