//! Users: the choices of their next acts.
//!
//! Owns: the choices, which the seed makes. Must not: send anything itself, or judge. A user does one thing after the
//! other; different users act at the same time.

use super::acts::Sender;
use super::calls::room_name;
use super::ledger::Kind;
use super::pages::Life;
use super::plan::PAGES_MAX;
use super::world::World;
use nextim_testkit::random::Random;

/// A step of something that takes several.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A new page. The old ones may be gone already.
    Open,
    /// The site ends a page's session.
    Close(usize),
    /// A page is gone without a word.
    Vanish(usize),
    /// A page does not poll again when its poll is answered.
    Hold(usize),
    /// It has no poll.
    Held(usize),
    /// It polls again.
    Resume(usize),
    /// Time passes, in milliseconds.
    Wait(u64),
}

/// Shows to choose from; `invisible` twice, so that it is chosen often.
const SHOWS: [&str; 7] = ["available", "away", "chat", "dnd", "invisible", "invisible", "busy"];

impl World {
    /// Users act whose time has come.
    pub(crate) fn run_users(&mut self) {
        let now = self.ms();
        for user in 0..self.users.len() {
            let this = &self.users[user];
            if this.call.is_some() || this.next_ms > now || self.stalled.is_some() {
                continue;
            }
            if let Some(step) = this.script.front().cloned() {
                self.step(user, &step);
            } else if self.acting && self.calls.len() < self.plan.parallel {
                self.choose(user);
            }
        }
    }

    /// The next step of a user's script.
    fn step(&mut self, user: usize, step: &Step) {
        let now = self.ms();
        if let Step::Held(page) = step
            && self.pages[*page].poll.is_some()
        {
            self.users[user].next_ms = now + 3;
            return;
        }
        self.users[user].script.pop_front();
        match *step {
            Step::Open => self.open_some(user),
            Step::Close(page) => {
                self.leaves(user, page);
                self.close_page(page);
            }
            Step::Vanish(page) => {
                self.leaves(user, page);
                self.vanish(page);
            }
            Step::Hold(page) => self.pages[page].hold = true,
            Step::Held(_) => {}
            Step::Resume(page) => self.pages[page].hold = false,
            Step::Wait(ms) => self.users[user].next_ms = now + ms,
        }
    }

    /// A page is going to be gone. If it is the last one and no other will be opened, its user goes offline; if one will
    /// be, that must be soon.
    fn leaves(&mut self, user: usize, page: usize) {
        if self.living(user).any(|other| other != page) {
            return;
        }
        if self.users[user].script.iter().any(|step| matches!(step, Step::Open)) {
            let since = self.server_ms();
            self.users[user].leaving_ms.get_or_insert(since);
        } else {
            let sent = self.tick();
            self.goes_offline(user, sent);
        }
    }

    fn vanish(&mut self, page: usize) {
        let sent = self.tick();
        self.note(|| format!("page {page} vanishes"));
        let this = &mut self.pages[page];
        this.life = Life::Vanished;
        this.end = Some(super::ledger::Span::from(sent));
        if let Some(token) = this.poll
            && self.random.chance(60)
        {
            self.pages[page].poll = None;
            self.close(token);
        }
    }

    /// A user does something.
    fn choose(&mut self, user: usize) {
        let mut random = self.users[user].random.clone();
        let pause = random.pick(&[0, 5, 20, 60, 150]);
        self.users[user].next_ms = self.ms() + pause;
        let living: Vec<usize> = self.living(user).collect();
        let polling: Vec<usize> = living.iter().copied().filter(|page| !self.pages[*page].hold).collect();
        self.users[user].random = random.clone();
        if polling.is_empty() {
            // A user without pages comes back after the next rest.
            let online = &self.users[user].online;
            if living.is_empty() && !*online.last() && online.is_settled() {
                self.open_some(user);
            }
            return;
        }
        let page = random.pick(&polling);
        let room = random.below(self.plan.rooms);
        let by = if random.chance(75) { Some(page) } else { None };
        match random.below(100) {
            0..34 => self.say_some(user, page, &mut random),
            34..40 => self.signal_some(user, page, &mut random),
            40..52 => self.show(user, by, random.pick(&SHOWS)),
            52..57 => {
                let to = self.other(user, &mut random);
                self.types(user, page, to);
            }
            57..67 => {
                let join = random.chance(60);
                self.move_in(user, by, room, join);
            }
            67..75 if living.len() < PAGES_MAX => self.open_some(user),
            75..88 => self.begin_some(user, page, &living, &mut random),
            88..90 => self.log_out(user),
            90..94 => {
                let mut others = vec![self.other(user, &mut random), self.other(user, &mut random)];
                others.dedup();
                others.retain(|other| *other != user);
                self.remove(user, &others);
            }
            94..97 => self.asks_onlines(user, page),
            _ => self.asks_members(user, page, room),
        }
        self.users[user].random = random;
    }

    /// Another user of the domain, or this one.
    fn other(&self, user: usize, random: &mut Random) -> usize {
        self.users[user].domain * self.plan.names + random.below(self.plan.names)
    }

    fn say_some(&mut self, user: usize, page: usize, random: &mut Random) {
        let domain = self.users[user].domain;
        let (kind, to) = match random.below(100) {
            0..65 => (Kind::Unicast, self.users[self.other(user, random)].name.clone()),
            65..90 => (Kind::Multicast, room_name(random.below(self.plan.rooms))),
            _ => (Kind::Broadcast, String::new()),
        };
        let name = self.users[user].name.clone();
        let (name, page) = match random.below(10) {
            0 => ("news", None),
            1 => (&*name, None),
            _ => (&*name, Some(page)),
        };
        self.say(&Sender { user: Some(user), name, page }, domain, kind, &to);
    }

    /// A page with whatever it may come with.
    fn open_some(&mut self, user: usize) {
        let mut random = self.users[user].random.clone();
        let comes = !*self.users[user].online.last();
        let returns = self.users[user].leaving_ms.is_some();
        let show = random.pick(&SHOWS);
        let speaks = random.chance(if comes || returns { 80 } else { 25 });
        let rooms: Vec<usize> = (0..self.plan.rooms).collect();
        let rooms = random.some(&rooms, 30);
        let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
        let percent = self.plan.buddies_percent;
        let buddies = random.some(&names, percent);
        let version = random.pick(&[None, Some(3), Some(5), Some(6), Some(6)]);
        self.users[user].random = random;
        self.open(user, speaks.then_some(show), &rooms, &buddies, version);
    }

    /// A page has lost an answer and polls again; another one opens while that poll waits, and then the first one goes.
    /// What it never acknowledged is due to the other one, late.
    pub(crate) fn leave_after_loss(&mut self, page: usize) {
        let user = self.pages[page].user;
        let lives = self.pages[page].life == Life::Living && self.living(user).count() < PAGES_MAX;
        let free = self.acting && self.users[user].script.is_empty();
        if lives && free && self.random.chance(50) {
            let waits = [self.random.within(0, 200), self.random.within(0, 50)].map(Step::Wait);
            let away = if self.random.chance(50) { Step::Close(page) } else { Step::Vanish(page) };
            let [first, second] = waits;
            self.users[user].script.extend([first, Step::Open, second, away]);
        }
    }

    /// Something that takes several steps.
    fn begin_some(&mut self, user: usize, page: usize, living: &[usize], random: &mut Random) {
        let wait = Step::Wait(random.within(0, 100));
        let away = if random.chance(70) { Step::Close(page) } else { Step::Vanish(page) };
        let held = [Step::Hold(page), Step::Held(page), wait.clone()];
        let last = living.len() == 1;
        let invisible = !self.users[user].looks.last().visible();
        let steps: Vec<Step> = match random.below(100) {
            // The last page goes for good. If the user is invisible and the site takes nothing back, no call would show
            // that the user is offline.
            0..20 if !last || !invisible || super::plan::Plan::takes_back(self.users[user].domain) => {
                vec![away]
            }
            // A change of page, in either order.
            0..40 => vec![away, Step::Wait(random.within(0, 40)), Step::Open],
            40..60 => vec![Step::Open, wait, away],
            _ if self.plan.scarce() => vec![Step::Open],
            // The old page waits for nothing while the new one comes.
            60..75 => [&held[..], &[Step::Open, wait, away]].concat(),
            75..88 => [&held[..], &[Step::Open, wait, Step::Resume(page)]].concat(),
            _ => [&held[..], &[Step::Resume(page)]].concat(),
        };
        self.users[user].script.extend(steps);
    }
}
