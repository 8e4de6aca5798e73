//! What deadlines cost: the wheel, used as a server uses it.
//!
//! Owns: sessions that wait, and when their deadlines are. Must not: wait; time is a number that is counted up.
//!
//! Nothing is ever cancelled: a deadline that moves later costs nothing until the wheel calls back, finds it moved, and
//! is asked again. So a `callback` is the whole price of a deadline: its share of the turns that fire the wheel, the
//! call back, and the entry made anew. Of 20 sessions called back, 19 had something to say or to hear meanwhile, and
//! are asked for again at up to a poll's hold from now; one really waited so long. Of a thousand sessions a turn calls
//! back a few, of a hundred thousand some hundreds, which share the price of the turn. A `turn` is what a turn pays
//! for the wheel if nothing is due: to ask when something will be, and to fire.
//!
//! A number here means CPU time on one core, a few nanoseconds for the choice of the next deadline included. It is good
//! for seeing whether a change of `shard/timers.rs` made it faster or slower. It is not what a held poll costs, which
//! is answered and asked again over a socket; and in a server other things push the wheel out of the caches.

use std::hint::black_box;
use std::num::NonZeroU32;

use criterion::{BenchmarkId, Criterion};
use nextim::base::clock::Tick;
use nextim::base::slots::Slot;
use nextim::node::shard::timers::Wheel;
use nextim::router::mail::Alarm;

/// How long polls are held, in milliseconds: from this, spread over that.
const HOLD_MS: u64 = 25_000;
const SPREAD_MS: u64 = 3_000;
/// How long ago something moved a deadline, in milliseconds, at most.
const MOVED_MS: u64 = 20_000;
/// Sessions called back, of which one has waited as long as it may.
const CALLED_BACK: u64 = 20;
/// How far time goes on in a turn that fires something, in milliseconds: about as exact as the wheel is.
const TURN_MS: u64 = 64;
/// How many waits are chosen beforehand: a prime, so that no session is always given the same.
const WAITS: u64 = 4_093;

/// Sessions that wait.
struct World {
    wheel: Wheel<Alarm>,
    now: Tick,
    /// Who has been called back and not been asked for again.
    due: Vec<Alarm>,
    /// How far from now deadlines are, one after another.
    waits: Vec<u64>,
    next: usize,
}

impl World {
    /// A world in which `count` sessions have waited for some time.
    fn with_sessions(count: u32) -> World {
        // Multiples of a large number are spread evenly and repeat late.
        let spread = |number: u64, over: u64| number * 2_654_435_761 % over;
        let wait = |number: u64| {
            let held = HOLD_MS + spread(number, SPREAD_MS);
            if number.is_multiple_of(CALLED_BACK) { held } else { held - spread(number, MOVED_MS) }
        };
        let waits = (0..WAITS).map(wait).collect();
        let mut world = World { wheel: Wheel::new(), now: Tick::ZERO, due: Vec::new(), waits, next: 0 };
        for index in 0..count {
            world.ask(Alarm::Session(Slot { index, generation: NonZeroU32::MIN }));
        }
        for _ in 0..3 * count {
            let alarm = world.called_back();
            world.ask(alarm);
        }
        world
    }

    /// Asks to be called back.
    fn ask(&mut self, alarm: Alarm) {
        self.wheel.insert(self.now.after(self.waits[self.next]), alarm);
        self.next = (self.next + 1) % self.waits.len();
    }

    /// The next who is called back. Time goes on as far as that needs.
    fn called_back(&mut self) -> Alarm {
        loop {
            if let Some(alarm) = self.due.pop() {
                return alarm;
            }
            self.now = self.now.after(TURN_MS);
            while self.wheel.fire(self.now, usize::MAX, &mut self.due) {}
        }
    }
}

fn callbacks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wheel, callback");
    for count in [1_000, 100_000] {
        let mut world = World::with_sessions(count);
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                let alarm = world.called_back();
                world.ask(black_box(alarm));
            });
        });
    }
    group.finish();
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wheel, turn");
    for count in [1, 100_000] {
        let mut world = World::with_sessions(count);
        while let Some(alarm) = world.due.pop() {
            world.ask(alarm);
        }
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                assert!(black_box(world.wheel.next_due()).is_some());
                assert!(!world.wheel.fire(black_box(world.now), usize::MAX, &mut world.due));
            });
        });
        assert!(world.due.is_empty(), "time stood still");
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    callbacks(&mut criterion);
    turns(&mut criterion);
    criterion.final_summary();
}
