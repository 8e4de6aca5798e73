//! Sets of message numbers, as spans.
//!
//! Owns: [`Spans`]: which numbers are in it, in space and time that grow with the gaps between them and not with the
//! numbers. Must not: import `sessions`.

/// A set of numbers: each span `(from, to)` holds the numbers above `from` up to `to`. Sorted; no two touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<(u64, u64)>);

/// Numbers to be added: those above `from` up to `to`, but for the runs `but`, which ascend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addition<'b> {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Each holds the numbers above its first up to its second.
    pub(super) but: &'b [(u64, u64)],
}

impl Spans {
    /// Adds the numbers of these parts. With more than `most` spans the lowest numbers are forgotten.
    pub(super) fn add<'p>(&mut self, parts: impl IntoIterator<Item = Addition<'p>>, most: usize) {
        let mut new = Vec::new();
        for Addition { mut from, to, but } in parts {
            for (above, up_to) in but {
                let end = to.min(*above);
                if from < end {
                    new.push((from, end));
                }
                from = from.max(*up_to);
            }
            if from < to {
                new.push((from, to));
            }
        }
        new.sort_unstable();
        self.merge(new);
        self.0.drain(..self.0.len().saturating_sub(most));
    }

    fn merge(&mut self, new: Vec<(u64, u64)>) {
        if new.is_empty() {
            return;
        }
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len() + new.len());
        let (mut old, mut new) =
            (std::mem::take(&mut self.0).into_iter().peekable(), new.into_iter().peekable());
        while let Some(next) = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if b < a => new.next(),
            (Some(_), _) => old.next(),
            (None, _) => new.next(),
        } {
            match merged.last_mut() {
                Some(last) if next.0 <= last.1 => last.1 = last.1.max(next.1),
                Some(_) | None => merged.push(next),
            }
        }
        self.0 = merged;
    }

    /// Up to which number some may have been forgotten, because there were more than `most` spans.
    #[cfg(test)]
    pub(super) fn forgotten(&self, most: usize) -> u64 {
        self.0.first().filter(|_| self.0.len() >= most).map_or(0, |(from, _)| *from)
    }

    /// Whether a number is in it.
    pub(super) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(from, _)| *from < number);
        after > 0 && number <= self.0[after - 1].1
    }

    /// Forgets the numbers up to `floor`, or some of them.
    pub(super) fn forget_up_to(&mut self, floor: u64) {
        let useless = self.0.partition_point(|(_, to)| *to <= floor);
        self.0.drain(..useless);
    }

    /// Whether no number is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a number is in one of these runs.
pub(super) fn is_in(runs: &[(u64, u64)], number: u64) -> bool {
    let at = runs.partition_point(|(_, to)| *to < number);
    runs.get(at).is_some_and(|(from, _)| *from < number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn spans_that_touch_are_one() {
        let mut spans = Spans::default();
        let add = |spans: &mut Spans, from, to| spans.add([Addition { from, to, but: &[] }], 9);
        add(&mut spans, 5, 8);
        add(&mut spans, 0, 2);
        assert_eq!(spans.0, [(0, 2), (5, 8)]);
        add(&mut spans, 2, 5);
        assert_eq!(spans.0, [(0, 8)]);
        add(&mut spans, 3, 3);
        assert_eq!(spans.0, [(0, 8)], "nothing was added");
        spans.add([Addition { from: 8, to: 12, but: &[(8, 9), (10, 12)] }], 9);
        assert_eq!(spans.0, [(0, 8), (9, 10)]);
        spans.forget_up_to(8);
        assert_eq!(spans.0, [(9, 10)]);
        spans.add([Addition { from: 10, to: 20, but: &[(10, 12), (14, 16), (18, 19)] }], 3);
        assert_eq!(spans.0, [(12, 14), (16, 18), (19, 20)], "the lowest are forgotten");
    }

    proptest::proptest! {
        #[test]
        fn spans_are_a_set(
            parts in proptest::collection::vec(
                (0..60_u64, 0..20_u64, proptest::collection::btree_set(0..80_u64, 0..6)), 0..12),
            floor in 0..80_u64,
        ) {
            let (mut spans, mut model) = (Spans::default(), BTreeSet::new());
            for (from, length, but) in parts {
                let to = from + length;
                let but: Vec<u64> = but.into_iter().filter(|number| *number > 0).collect();
                let runs: Vec<(u64, u64)> = but.iter().map(|number| (number - 1, *number)).collect();
                let part = Addition { from, to, but: &runs };
                spans.add([part, Addition { from: to, to, but: &[] }], 1_000);
                model.extend((from + 1..=to).filter(|number| !but.contains(number)));
            }
            for number in 0..90 {
                proptest::prop_assert_eq!(spans.contains(number), model.contains(&number), "{}", number);
            }
            proptest::prop_assert!(spans.0.is_sorted_by(|a, b| a.1 < b.0));
            spans.forget_up_to(floor);
            for number in floor + 1..90 {
                proptest::prop_assert_eq!(spans.contains(number), model.contains(&number), "{}", number);
            }
        }
    }
}
