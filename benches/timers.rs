//! What deadlines cost: the wheel, used as a server uses it.
//!
//! Owns: sessions that wait, and their deadlines. Must not: sleep; time is a number that is counted up.
//!
//! Nothing is ever cancelled: a deadline that moves later costs nothing until its entry fires and is set again. So a
//! `callback` is the whole cost of a deadline: its share of the turns that fire the wheel, the entry that fires, and the new
//! entry. Of 20 sessions whose entry fires, 19 were active meanwhile, and their entry is set again for up to the hold of a
//! poll from now; one has really waited that long. In a turn a few of a thousand sessions fire, or some hundreds of a
//! hundred thousand, and share the cost of the turn. A `turn` is the cost of the wheel in a turn in which nothing is due:
//! finding the next moment, and firing.
//!
//! A number here is CPU time on one core, with a few nanoseconds for the choice of the next deadline. It shows whether a
//! change of `shard/timers.rs` made it faster or slower. It is not the cost of a held poll, which is answered and sent again
//! over a socket; and in a server other work pushes the wheel out of the caches.

use std::hint::black_box;
use std::num::NonZeroU32;

use criterion::{BenchmarkId, Criterion};
use nextim::internals::{Alarm, Slot, Tick, Wheel};

/// The hold of a poll, in milliseconds: at least `HOLD_MS`, spread over `SPREAD_MS`.
const HOLD_MS: u64 = 25_000;
const SPREAD_MS: u64 = 3_000;
/// The longest time since a deadline moved, in milliseconds.
const MOVED_MS: u64 = 20_000;
/// Of this many sessions whose entry fires, one has waited until its deadline.
const CALLED_BACK: u64 = 20;
/// The time between two turns that fire entries, in milliseconds: about the grain of the wheel.
const TURN_MS: u64 = 64;
/// The number of waits chosen beforehand: a prime, so that no session always gets the same one.
const WAITS: u64 = 4_093;

/// Sessions that wait.
struct World {
    wheel: Wheel<Alarm>,
    now: Tick,
    /// Entries that fired and are not set again.
    due: Vec<Alarm>,
    /// The times until deadlines, one after another.
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
            world.set(Alarm::Session(Slot { index, generation: NonZeroU32::MIN }));
        }
        for _ in 0..3 * count {
            let alarm = world.next_fired();
            world.set(alarm);
        }
        world
    }

    /// Sets an entry.
    fn set(&mut self, alarm: Alarm) {
        self.wheel.insert(self.now.after(self.waits[self.next]), alarm);
        self.next = (self.next + 1) % self.waits.len();
    }

    /// The next entry that fires. Time advances as far as that needs.
    fn next_fired(&mut self) -> Alarm {
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
                let alarm = world.next_fired();
                world.set(black_box(alarm));
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
            world.set(alarm);
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
