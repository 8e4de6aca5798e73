//! Calls and answers, typed: what `api/` makes of requests and what it writes as answers.
//!
//! Owns: the order of its files. Must not: import `http` or `api`.

mod answer;
mod arguments;
mod verb;

pub use answer::{
    Answer, Delivery, JoinedRoom, MemberList, OnlineUsers, Packets, Reason, Receivers, Refusal, Started,
};
pub use arguments::{
    BuddyRemoval, Looks, MembersQuery, NewMessage, NewSignal, Online, OnlinesQuery, Poll, RoomCall, Show,
    Speaker, Subject, Text, Typing, Version,
};
pub(in crate::router) use verb::Caller;
pub use verb::{Call, Verb};
