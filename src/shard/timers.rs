//! The wheel: deadlines of connections and of the router.
//!
//! Owns: when to call back, at or shortly after a moment. Must not: know what for. Nothing is ever cancelled:
//! whoever is called back compares with the deadline it has now and, if that moved, asks again. So a deadline that
//! moves later, as those of healthy connections always do, costs nothing.

use crate::clock::Tick;

/// How exact deadlines are, in milliseconds.
const GRAIN_MS: u64 = 64;
/// Spokes of the wheel. One turn of it takes 131 s; later deadlines go round more than once.
const SPOKES: usize = 2_048;
const WORDS: usize = SPOKES / 64;
/// Entries a spoke keeps allocated; there are many spokes.
const SPOKE_KEPT: usize = 64;

/// A hashed timer wheel (Varghese and Lauck, 1987, scheme 6); 16 bytes for a deadline of 12.
#[derive(Debug)]
pub struct Wheel<T> {
    spokes: Vec<Vec<Entry<T>>>,
    /// Which spokes hold something.
    occupied: [u64; WORDS],
    /// The next grain to fire; everything before it has been fired.
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    /// The grain it is due at.
    grain: u32,
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
        Wheel { spokes: (0..SPOKES).map(|_| Vec::new()).collect(), occupied: [0; WORDS], next: 0 }
    }

    /// Calls back for `item` at `at` or up to a grain later.
    pub fn insert(&mut self, at: Tick, item: T) {
        let grain = u32::try_from(at.ms().div_ceil(GRAIN_MS)).expect("a shard lives less than 8 years");
        self.put(Entry { grain: grain.max(self.next), item });
    }

    fn put(&mut self, entry: Entry<T>) {
        let spoke = entry.grain as usize % SPOKES;
        self.spokes[spoke].push(entry);
        self.occupied[spoke / 64] |= 1 << (spoke % 64);
    }

    /// Takes what is due at `now` into `due`, about `most` at once. Returns whether more is due.
    pub fn fire(&mut self, now: Tick, most: usize, due: &mut Vec<T>) -> bool {
        let last = u32::try_from(now.ms() / GRAIN_MS).expect("a shard lives less than 8 years");
        while let Some(grain) = self.next_occupied().filter(|grain| *grain <= last) {
            if due.len() >= most {
                return true;
            }
            self.turn_to(grain, due);
            self.next = grain + 1;
        }
        self.next = self.next.max(last + 1);
        false
    }

    fn turn_to(&mut self, grain: u32, due: &mut Vec<T>) {
        let spoke = grain as usize % SPOKES;
        self.occupied[spoke / 64] &= !(1 << (spoke % 64));
        let mut entries = std::mem::take(&mut self.spokes[spoke]);
        for entry in entries.drain(..) {
            if entry.grain <= grain { due.push(entry.item) } else { self.put(entry) }
        }
        if self.spokes[spoke].is_empty() {
            entries.shrink_to(SPOKE_KEPT);
            self.spokes[spoke] = entries;
        }
    }

    /// When something may be due next; `None` if nothing is set.
    pub fn next_due(&self) -> Option<Tick> {
        let grain = self.next_occupied()?;
        Some(Tick::ZERO.after(u64::from(grain) * GRAIN_MS))
    }

    /// The first grain from `next` on whose spoke holds something.
    fn next_occupied(&self) -> Option<u32> {
        let start = self.next as usize % SPOKES;
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
        Some(self.next + u32::try_from(steps).expect("there are fewer spokes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_turn_fires_about_as_many_as_it_may() {
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
}
