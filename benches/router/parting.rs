//! Unlinking that is under way.
//!
//! Owns: two places, and the mail between them, which is held back. Must not: measure more than a call.

use nextim::internals::{Answer, BuddyRemoval, Effect, Input, Mail, Place, Places, Tick, Verb};
use std::borrow::Cow;
use std::time::Duration;

use super::growth::NAMES;
use super::{HERE, SEEDS, World, online};

const OTHER: Place = Place::new(1);

/// Two places, and the mail between them that is held back.
pub(crate) struct Parting {
    here: World,
    there: World,
    remover: Cow<'static, str>,
    newcomer: Cow<'static, str>,
    /// Of this place, online.
    pub(crate) locals: Vec<Cow<'static, str>>,
    calls: usize,
    held: Vec<Mail>,
}

impl Parting {
    /// So many names are being unlinked, and their owner has not answered.
    pub(crate) fn with(count: usize) -> Parting {
        let (mut here, there) = (World::of(HERE, 2), World::of(OTHER, 2));
        let [remover, newcomer] =
            ["removing", "newcomer"].map(|user| names_of(HERE, &here, user, 1).remove(0));
        let locals = names_of(HERE, &here, "local", NAMES / 2);
        for user in locals.iter().chain([&remover]) {
            here.start(user, &[]);
        }
        let mut parting = Parting { here, there, remover, newcomer, locals, calls: 0, held: Vec::new() };
        for _ in 0..count.div_ceil(NAMES) {
            parting.remove();
        }
        parting
    }

    /// Names more are unlinked.
    pub(crate) fn remove(&mut self) -> Duration {
        let buddies = names_of(OTHER, &self.here, &format!("gone-{}", self.calls), NAMES);
        self.calls += 1;
        let took = self.here.timed(Verb::RemoveBuddies(BuddyRemoval { name: self.remover.clone(), buddies }));
        let mail = self.here.effects.drain(..).filter_map(mailed);
        let before = self.held.len();
        self.held.extend(mail);
        assert_eq!(self.held.len(), before + 1, "one place is asked, and has not answered");
        took
    }

    /// A local user names all the others.
    pub(crate) fn link(&mut self) -> Duration {
        let took = self.here.timed(online(&self.newcomer, &self.locals, &[]));
        let all = self.locals.len();
        let is_it =
            |answer: &Answer| matches!(answer, Answer::Online(started) if started.buddies.len() == all);
        assert!(self.here.is_answered(&is_it), "all of them are online");
        self.here.log_out(&self.newcomer);
        took
    }

    /// The mail arrives at last, and each call is answered.
    pub(crate) fn end(mut self) {
        let (mut effects, mut done) = (Vec::new(), 0);
        for mail in self.held.drain(..) {
            self.there.router.handle(Input::Mail(mail), Tick::ZERO, &mut effects);
            for mail in effects.drain(..).filter_map(mailed) {
                self.here.router.handle(Input::Mail(mail), Tick::ZERO, &mut self.here.effects);
                done += usize::from(self.here.is_done());
                self.here.effects.clear();
            }
        }
        assert_eq!(done, self.calls, "each is answered");
    }
}

fn mailed(effect: Effect) -> Option<Mail> {
    match effect {
        Effect::Mail(envelope) => Some(envelope.mail),
        Effect::Answer(_) | Effect::Alarm(_) | Effect::Close(_) | Effect::Undelivered(_) => None,
    }
}

/// So many names that belong to one of the two places.
fn names_of(place: Place, world: &World, prefix: &str, count: usize) -> Vec<Cow<'static, str>> {
    let places = Places::new(2, SEEDS);
    let names = (0..).map(|number: usize| format!("{prefix}-{number}"));
    names.filter(|name| places.of(world.domain, name) == place).take(count).map(Cow::Owned).collect()
}
