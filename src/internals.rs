//! What the command, benchmarks, tests and the reference community reach of the server beyond its API. No promise: it
//! changes with the server.
//!
//! Owns: the list. Must not: hold code.
#![doc(hidden)]

// For the command.
pub use crate::base::limits::ops::SAMPLE_MS;
pub use crate::config::{
    Arguments, DomainTask, Sources, Task, carry_out_domain_task, new_apikey, unknown_variables,
};
pub use crate::ops::admin::pulse::Pulse;
pub use crate::ops::pid_file::PidFile;
pub use crate::ops::service::Service;
pub use crate::ops::{logging, top};

// For the reference community.
pub use crate::base::domains::is_same_credential;
pub use crate::base::json::write as write_json;
pub use crate::base::ranges::contain as ranges_contain;
pub use crate::http::forwarded::{FORWARDED_FOR, client as forwarded_client};
pub use crate::http::jsonp::is_callback;
pub use crate::http::nested::is_object as is_json_object;

// For tests.
pub use crate::api::{ENDPOINTS, Endpoint};
pub use crate::base::domains::DomainId;
pub use crate::base::limits::admission::{
    LATE_BYTES_PER_ADDRESS_MAX, RETRY_CROWDED_S, RETRY_LATER_S, RETRY_MUCH_LATER_S, RETRY_SOON_S,
    UNREAD_BODY_BYTES_MIN,
};
pub use crate::base::limits::chat::RETRY_MS_MAX;
pub use crate::base::limits::ops::ADMIN_CONNECTIONS_MAX;
pub use crate::base::limits::parked::PARKED_USER_BYTES_MAX;
pub use crate::base::stats::{DomainCounts, index_of as counter_index};

// For benchmarks.
pub use crate::api::{Context, Detail, Form, Route, Shape, policy, route, write_answer};
pub use crate::base::clock::Tick;
pub use crate::base::domains::{Audience, Domains};
pub use crate::base::memory::Memory;
pub use crate::base::slots::Slot;
pub use crate::http::form::pairs as form_pairs;
pub use crate::http::parser::{Parsed, Partial, parse};
pub use crate::http::request::Request;
pub use crate::node::shard::mailbox::{Inbox, Outbox, Parcel, mailbox};
pub use crate::node::shard::timers::Wheel;
pub use crate::router::call::{
    Answer, BuddyRemoval, Call, Delivery, Looks, MembersQuery, NewMessage, NewSignal, Online, Packets, Poll,
    Reason, Show, Speaker, Subject, Transport, Verb, Version,
};
pub use crate::router::directory::Places;
pub use crate::router::ids::{CallKey, Place, SessionKey, Ticket};
pub use crate::router::mail::{Alarm, CallAnswer, CallRequest, Effect, Input, Mail, PollFate};
pub use crate::router::packet::{Message, MessageType, Packet, PresenceType, Reader};
pub use crate::router::profile::Profile;
pub use crate::router::{Router, Settings};
