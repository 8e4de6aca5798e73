//! The plugin: it connects the chat bar, a site and the message server.
//!
//! Owns: the endpoints below `/webim/`, and the events on the site's pages (`events.rs`) that the message server must
//! know. Must not: import the site's modules; whatever it needs from a site is in [`host`].
//!
//! Every module outside this folder that it imports knows nothing of the site: `http` (requests, answers, refusals, and
//! the check of a request's origin), `secret` (random tokens and their hashes), `buckets` (rates), and `dates` (the
//! clock and the calendar).
//!
//! An endpoint is a function of the site, the user who is logged in, and the parameters. It reads the site's records,
//! calls the message server, and returns JSON or a refusal. To write a plugin in another language, translate these
//! functions. Read `host.rs`, then `online.rs` and `messages.rs`: each begins with its steps, whose order matters.
//! `server.rs` has all calls of the message server.

mod chat_passwords;
mod contacts;
mod devices;
mod endings;
mod events;
mod history;
pub mod host;
mod jsonp;
pub mod limits;
mod messages;
mod missed;
mod notifications;
mod online;
mod params;
mod plugin;
mod presence;
mod rights;
mod rooms;
pub mod server;
mod settings;
mod shapes;
mod style;
pub mod tickets;
mod undelivered;
mod xmpp;
mod xmpp_online;

use self::host::{Host, Person};
use self::jsonp::Effect;
use crate::http::{Caller, Outcome, Params, Refusal, Request};

pub use chat_passwords::{
    admitted as admitted_to_xmpp, make as make_chat_password, revoke as revoke_chat_password,
};
pub use devices::Xmpp;
pub use jsonp::finish;
pub use messages::broadcast;
pub use plugin::{Channel, DefaultPics, MenuEntry, Plugin, Setup};

/// One endpoint: its name, and the function behind it.
pub struct Endpoint<H> {
    /// The name below `/webim/`.
    pub(crate) name: &'static str,
    /// Where its requests come from.
    pub(crate) caller: Caller,
    function: Function<H>,
}

enum Function<H> {
    /// It reads the whole request.
    OfRequest(fn(&H, &Request) -> Outcome),
    /// It needs a user who is logged in, and that user may call it as often as the rate allows.
    OfUser(Effect, Rate, UserFunction<H>),
}

/// The form of most endpoints.
type UserFunction<H> = fn(&H, &Person, &Params) -> Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rate {
    /// Reading is cheap; and messages have a rate of their own.
    None,
    /// The rate of acts.
    Act,
}

/// All endpoints. Some have two names, because front ends in the field use both.
pub fn endpoints<H: Host>() -> Vec<Endpoint<H>> {
    vec![
        of_request("online", Caller::OwnPage, online::online),
        changes("offline", presence::offline),
        // A page calls it by a beacon as it leaves: by a POST, even if it uses scripts for all else.
        Endpoint { caller: Caller::AllowedPage, ..changes("refresh", presence::offline) },
        changes("missed", missed::missed),
        acts("presence", presence::presence),
        acts("status", presence::typing),
        changes("message", messages::message),
        reads("buddies", contacts::buddies),
        reads("buddy", contacts::buddies),
        acts("block", contacts::block),
        acts("unblock", contacts::unblock),
        reads("rooms", rooms::rooms),
        acts("join", rooms::join),
        acts("leave", rooms::leave),
        reads("members", rooms::members),
        reads("history", history::history),
        reads("histories", history::history),
        acts("clear_history", history::clear),
        reads("download_history", history::download),
        reads("notifications", notifications::notifications),
        reads("notification", notifications::notifications),
        acts("setting", settings::setting),
        of_request("undelivered", Caller::Server, undelivered::undelivered),
        of_request("xmpp", Caller::Server, xmpp::xmpp),
    ]
}

fn of_request<H>(name: &'static str, caller: Caller, function: fn(&H, &Request) -> Outcome) -> Endpoint<H> {
    Endpoint { name, caller, function: Function::OfRequest(function) }
}

fn of_user<H>(name: &'static str, effect: Effect, rate: Rate, function: UserFunction<H>) -> Endpoint<H> {
    Endpoint { name, caller: Caller::OwnPage, function: Function::OfUser(effect, rate, function) }
}

fn reads<H>(name: &'static str, function: UserFunction<H>) -> Endpoint<H> {
    of_user(name, Effect::Reads, Rate::None, function)
}

fn changes<H>(name: &'static str, function: UserFunction<H>) -> Endpoint<H> {
    of_user(name, Effect::Changes, Rate::None, function)
}

fn acts<H>(name: &'static str, function: UserFunction<H>) -> Endpoint<H> {
    of_user(name, Effect::Changes, Rate::Act, function)
}

impl<H: Host> Endpoint<H> {
    /// Carries out a request, whose origin the site has checked.
    pub fn call(&self, site: &H, request: &Request) -> Outcome {
        let (effect, rate, function) = match self.function {
            Function::OfRequest(function) => return function(site, request),
            Function::OfUser(effect, rate, function) => (effect, rate, function),
        };
        jsonp::admit(site.plugin(), request, effect)?;
        let user = site.visitor(request)?.ok_or_else(Refusal::log_in_first)?.person;
        if rate == Rate::Act {
            site.plugin().may_act(&user.id, self.name)?;
        }
        function(site, &user, &request.params)
    }
}
