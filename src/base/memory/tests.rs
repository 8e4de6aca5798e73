//! What is counted as held, and who may hold it.
//!
//! Owns: the steps that show it. Must not: measure the process.

use super::*;

const A: DomainId = DomainId(0);
const B: DomainId = DomainId(7);

fn held(memory: &Memory) -> [usize; 5] {
    let of = |owner| memory.held_by(owner);
    let domains = [of(Owner::Domain(A)), of(Owner::Domain(B))];
    [memory.bytes(), domains[0], domains[1], of(Owner::Strangers), of(Owner::Nobody)]
}

#[test]
fn what_is_dropped_is_not_held() {
    let memory = Memory::new(1_000);
    let mut one = memory.hold(Owner::Domain(A), 100);
    let other = memory.hold(Owner::Domain(B), 50);
    let (stranger, nobody) = (memory.hold(Owner::Strangers, 7), memory.hold(Owner::Nobody, 3));
    one.add(10);
    one.set(80);
    assert_eq!((held(&memory), one.bytes()), ([140, 80, 50, 7, 3], 80));
    drop(one);
    assert_eq!(held(&memory), [60, 0, 50, 7, 3]);
    drop((other, stranger, nobody));
    assert_eq!(held(&memory), [0; 5]);
}

/// Holds for a domain, ten bytes at a time, as long as they are admitted.
fn fill(memory: &Memory, domain: DomainId) -> Held {
    let mut held = memory.hold(Owner::Domain(domain), 0);
    while memory.admits(domain) {
        held.add(10);
    }
    held
}

#[test]
fn each_domain_that_does_not_drain_ends_at_half_of_what_is_left() {
    let memory = Memory::new(16_000);
    let mut hogs = Vec::new();
    for (number, expected) in [8_000, 4_000, 2_000, 1_000].into_iter().enumerate() {
        let domain = DomainId(u32::try_from(number).unwrap());
        hogs.push(fill(&memory, domain));
        assert_eq!(hogs[number].bytes(), expected);
        assert!(!memory.is_full() && !memory.is_crowded(), "newcomers may come in");
        assert!(memory.admits(DomainId(99)), "there is something left for others");
    }
    hogs.swap_remove(0);
    assert!(memory.admits(DomainId(1)), "bytes of one domain become free for the others");
}

#[test]
fn with_nothing_free_everybody_is_refused() {
    let memory = Memory::new(1_000);
    let mut all = memory.hold(Owner::Nobody, 999);
    assert!(memory.admits(A) && !memory.is_crowded());
    all.add(1);
    assert!(!memory.admits(A) && memory.is_full() && memory.is_crowded());
    assert!(memory.free_for_strangers() == 0 && !memory.admits_under_way(A));
    all.add(500);
    assert!(!memory.admits(A) && memory.is_full(), "more than all is not less than nothing");
    all.set(999);
    assert!(memory.admits(A) && !memory.is_full() && !memory.is_crowded(), "a byte is enough");
}

#[test]
fn what_is_under_way_goes_on_when_a_domain_is_at_its_threshold_and_has_an_end() {
    let memory = Memory::new(16_000);
    let mut hog = fill(&memory, A);
    assert!(memory.admits_under_way(A));
    while memory.admits_under_way(A) {
        hog.add(10);
    }
    assert_eq!(hog.bytes(), 12_000);
    assert_eq!(fill(&memory, B).bytes(), 2_000);
}

#[test]
fn strangers_have_a_quarter_at_most_and_no_more_than_is_free() {
    let memory = Memory::new(1_000);
    let mut strangers = memory.hold(Owner::Strangers, 0);
    for (bytes, admitted, strained, crowded) in [
        (125, true, false, false),
        (126, true, true, false),
        (249, true, true, false),
        (250, false, true, true),
        (249, true, true, true),
        (181, true, true, true),
        (180, true, true, false),
        (249, true, true, false),
    ] {
        strangers.set(bytes);
        let found = (memory.free_for_strangers() > 0, memory.is_strained(), memory.is_crowded());
        assert_eq!(found, (admitted, strained, crowded), "{bytes}");
    }
    let _hog = memory.hold(Owner::Domain(A), 800);
    strangers.set(99);
    assert_eq!(memory.free_for_strangers(), 2);
    strangers.set(100);
    assert_eq!(memory.free_for_strangers(), 0, "as much as is free");
    assert!(!memory.is_crowded(), "but a newcomer without a long request may come in");
}

fn changes(memory: &Memory) -> Vec<(DomainId, usize, usize, u64)> {
    let mut changes = Vec::new();
    memory.show(|domain, Change { before, now, refused }| changes.push((domain, before, now, refused)));
    changes
}

#[test]
fn what_has_changed_is_shown_once() {
    let memory = Memory::new(1_000);
    let mut one = memory.hold(Owner::Domain(A), 100);
    one.add(500);
    let _strangers = memory.hold(Owner::Strangers, 1);
    assert!(!memory.admits(A) && !memory.admits(A) && memory.admits(B));
    assert_eq!(changes(&memory), [(A, 0, 600, 2)]);
    assert_eq!(changes(&memory), []);
    let other = memory.hold(Owner::Domain(B), 5);
    drop(one);
    assert_eq!(changes(&memory), [(B, 0, 5, 0), (A, 600, 0, 0)]);
    drop(other);
    assert_eq!(changes(&memory), [(B, 5, 0, 0)]);
}

#[test]
fn the_account_of_a_domain_that_is_gone_is_dropped_with_its_last_byte() {
    let memory = Memory::new(1_000);
    let accounts = || memory.0.domains.borrow().iter().flatten().count();
    let held = memory.hold(Owner::Domain(A), 5);
    drop(memory.hold(Owner::Domain(B), 5));
    assert_eq!(changes(&memory), [(A, 0, 5, 0), (B, 0, 0, 0)]);
    memory.reload(|domain| domain == A);
    assert_eq!((changes(&memory), accounts()), (vec![(B, 0, 0, 0)], 1));
    memory.reload(|_| false);
    assert_eq!((changes(&memory), accounts()), (vec![(A, 5, 5, 0)], 1), "something is held");
    drop(held);
    assert_eq!((changes(&memory), accounts()), (vec![(A, 5, 0, 0)], 0));
    assert_eq!(memory.bytes(), 0);
}

#[test]
fn a_part_of_the_sum_is_two_words() {
    assert_eq!(size_of::<Held>(), 2 * size_of::<usize>());
}
