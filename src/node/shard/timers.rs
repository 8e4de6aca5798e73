//! The wheel: deadlines of connections and of the router.
//!
//! Owns: the items that are set, each with its moment. Must not: import an item's type. Nothing is ever cancelled: the
//! owner of an item that fires compares the time with its deadline and, if that has moved, sets the item again. So a
//! deadline that moves later, as those of healthy connections always do, costs nothing.

use crate::base::clock::{Moment, Tick};

/// Spokes of the wheel. One turn of it takes 131 s; later deadlines go round more than once.
const SPOKES: usize = 2_048;
const WORDS: usize = SPOKES / 64;
/// This many entries stay allocated when none is set.
const KEPT: usize = 4_096;
/// The end of a list.
const END: u32 = u32::MAX;

/// A hashed timer wheel (Varghese and Lauck, 1987, scheme 6). The entries of all spokes lie in one block, each
/// linked to the next of its spoke: a spoke with a block of its own would have to grow, and there are many.
#[derive(Debug)]
pub struct Wheel<T> {
    /// The first entry of each spoke.
    spokes: Box<[u32]>,
    entries: Vec<WheelEntry<T>>,
    /// The first of the entries that are not used.
    free: u32,
    used: usize,
    /// A bit for each spoke that holds something.
    occupied: [u64; WORDS],
    /// The next moment to fire; everything before it has fired.
    next: Moment,
}

#[derive(Clone, Copy, Debug)]
struct WheelEntry<T> {
    at: Moment,
    /// The entry after it in its list.
    next: u32,
    item: T,
}

impl<T: Copy> Default for Wheel<T> {
    fn default() -> Self {
        Wheel::new()
    }
}

impl<T: Copy> Wheel<T> {
    /// A wheel at [`Tick::ZERO`].
    pub fn new() -> Wheel<T> {
        Wheel {
            spokes: vec![END; SPOKES].into_boxed_slice(),
            entries: Vec::new(),
            free: END,
            used: 0,
            occupied: [0; WORDS],
            next: Moment::ZERO,
        }
    }

    /// Sets `item` to fire at `at` or up to a grain later.
    pub fn insert(&mut self, at: Tick, item: T) {
        let entry = WheelEntry { at: Moment::not_before(at).max(self.next), next: END, item };
        let index = self.free;
        self.used += 1;
        if index == END {
            let index = u32::try_from(self.entries.len()).expect("a shard has less than 2^32 deadlines");
            self.entries.push(entry);
            self.link(index);
        } else {
            self.free = std::mem::replace(&mut self.entries[index as usize], entry).next;
            self.link(index);
        }
    }

    /// Puts an entry into the list of its spoke.
    fn link(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        let spoke = entry.at.grains() as usize % SPOKES;
        entry.next = std::mem::replace(&mut self.spokes[spoke], index);
        self.occupied[spoke / 64] |= 1 << (spoke % 64);
    }

    /// Takes what is due at `now` into `due`, about `most` at once. Returns whether more is due.
    pub fn fire(&mut self, now: Tick, most: usize, due: &mut Vec<T>) -> bool {
        let last = Moment::not_after(now);
        while let Some(moment) = self.next_occupied().filter(|moment| *moment <= last) {
            if due.len() >= most {
                return true;
            }
            self.turn_to(moment, due);
            self.next = moment.later(1);
        }
        self.next = self.next.max(last.later(1));
        if self.used == 0 && self.entries.capacity() > KEPT {
            (self.entries, self.free) = (Vec::new(), END);
        }
        false
    }

    fn turn_to(&mut self, moment: Moment, due: &mut Vec<T>) {
        let spoke = moment.grains() as usize % SPOKES;
        self.occupied[spoke / 64] &= !(1 << (spoke % 64));
        let mut index = std::mem::replace(&mut self.spokes[spoke], END);
        while index != END {
            let entry = &mut self.entries[index as usize];
            let next = entry.next;
            if entry.at <= moment {
                due.push(entry.item);
                entry.next = std::mem::replace(&mut self.free, index);
                self.used -= 1;
            } else {
                self.link(index);
            }
            index = next;
        }
    }

    /// The next moment at which an item may be due; `None` if none is set.
    pub fn next_due(&self) -> Option<Tick> {
        self.next_occupied().map(Moment::tick)
    }

    /// The first moment from `next` on whose spoke holds something.
    fn next_occupied(&self) -> Option<Moment> {
        let start = self.next.grains() as usize % SPOKES;
        let steps = (0..=WORDS).find_map(|step| {
            let word = (start / 64 + step) % WORDS;
            let mask = match step {
                0 => u64::MAX << (start % 64),
                WORDS => !(u64::MAX << (start % 64)),
                _ => u64::MAX,
            };
            let bits = self.occupied[word] & mask;
            let spoke = word * 64 + bits.trailing_zeros() as usize;
            (bits != 0).then(|| (spoke + SPOKES - start) % SPOKES)
        })?;
        Some(self.next.later(u32::try_from(steps).expect("there are fewer spokes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAIN_MS: u64 = Moment::GRAIN_MS;

    fn at(ms: u64) -> Tick {
        Tick::ZERO.after(ms)
    }

    fn fired(wheel: &mut Wheel<u32>, now: u64) -> Vec<u32> {
        let mut due = Vec::new();
        while wheel.fire(at(now), usize::MAX, &mut due) {}
        due
    }

    #[test]
    fn nothing_fires_early_and_nothing_is_forgotten() {
        let mut wheel = Wheel::new();
        let times = [0, 1, 63, 64, 65, 1_000, 8_000, 26_500, 90_000, 131_071, 131_072, 200_000, 3_600_000];
        for (index, time) in times.iter().enumerate() {
            wheel.insert(at(*time), u32::try_from(index).unwrap());
        }
        let mut pending: Vec<u64> = times.to_vec();
        for step in 0..70_000 {
            let now = step * 53;
            for index in fired(&mut wheel, now) {
                let time = times[index as usize];
                assert!(time <= now && now < time + 2 * GRAIN_MS + 53, "{time} fired at {now}");
                pending.retain(|other| *other != time);
            }
        }
        assert_eq!(pending, [] as [u64; 0]);
        assert_eq!(wheel.next_due(), None);
    }

    #[test]
    fn the_next_deadline_is_never_slept_through() {
        let mut wheel = Wheel::new();
        assert_eq!(wheel.next_due(), None);
        wheel.insert(at(100_000), 1);
        let mut now = 0;
        let mut wakes = 0;
        while fired(&mut wheel, now).is_empty() {
            let next = wheel.next_due().unwrap();
            assert!(next <= at(100_000 + GRAIN_MS) && next > at(now));
            now = next.ms();
            wakes += 1;
        }
        assert!((100_000..100_000 + 2 * GRAIN_MS).contains(&now) && wakes <= 2, "{now} {wakes}");
    }

    #[test]
    fn a_jump_over_many_turns_of_the_wheel_fires_everything() {
        let mut wheel = Wheel::new();
        for time in 0..1_000 {
            wheel.insert(at(u64::from(time) * 997), time);
        }
        let mut due = fired(&mut wheel, 10_000_000);
        due.sort_unstable();
        assert_eq!(due, (0..1_000).collect::<Vec<_>>());
        wheel.insert(at(5), 7);
        assert_eq!(fired(&mut wheel, 10_000_064), [7], "what was due long ago is due now");
    }

    #[test]
    fn a_turn_fires_about_as_many_as_its_bound() {
        let mut wheel = Wheel::new();
        for time in 0..100 {
            wheel.insert(at(time * 64), time);
        }
        let mut due = Vec::new();
        assert!(wheel.fire(at(6_400), 10, &mut due));
        assert_eq!(due.len(), 10);
        assert!(!wheel.fire(at(6_400), usize::MAX, &mut due));
        assert_eq!(due.len(), 100);
    }

    #[test]
    fn places_of_fired_entries_are_used_again_and_given_back() {
        let mut wheel = Wheel::new();
        for round in 0..10 {
            for time in 0..1_000 {
                wheel.insert(at(round * 200_000 + time * 150), 7);
            }
            assert_eq!(fired(&mut wheel, round * 200_000 + 150_064).len(), 1_000);
        }
        assert!(wheel.entries.len() == 1_000 && wheel.used == 0);
        for _ in 0..=KEPT {
            wheel.insert(at(0), 7);
        }
        assert_eq!(fired(&mut wheel, 3_000_000).len(), KEPT + 1);
        assert_eq!(wheel.entries.capacity(), 0);
        wheel.insert(at(0), 7);
        assert_eq!(fired(&mut wheel, 4_000_000), [7]);
    }
}
