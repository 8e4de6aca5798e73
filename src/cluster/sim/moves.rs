//! Users who move while the network is sound: what must be true at every moment, and not only when all is quiet.
//!
//! Owns: the tests of it.

use nextim_testkit::random::Random;

use super::pages::Life;
use super::world::{Plan, World};

const NAMES: usize = 40;

fn world(seed: u64) -> World {
    let plan = Plan {
        nodes: 2,
        shards: 2,
        names: NAMES,
        rooms: 1,
        lost: 0,
        doubled: 0,
        late_ms: 20,
        kills: false,
        joins: false,
        freezes: false,
        drains: false,
        cuts: false,
    };
    let mut world = World::new(plan, Random::new(seed), false);
    world.come_up();
    for name in world.names() {
        world.open(name, Vec::new(), Vec::new());
    }
    world.settle();
    world
}

/// Writes to everybody again and again while names move.
fn write_to_all(world: &mut World) {
    let names = world.names();
    for step in 0..150 {
        world.pass(100);
        for name in names.iter().skip(step % 5).step_by(5) {
            world.write_to(name);
        }
        world.drain_mail();
        world.serve_pages();
        world.reopen_lost();
    }
    world.settle();
    world.check_quiet();
}

fn check_all_read(world: &World) {
    assert_eq!(world.pages.iter().filter(|page| page.life == Life::Open).count(), NAMES);
    // A node that has just come takes no calls.
    let taken: Vec<_> =
        world.messages.iter().enumerate().filter(|(_, said)| said.counted.is_some()).collect();
    assert!(taken.len() > world.messages.len() / 2);
    for (number, said) in taken {
        assert_ne!(said.counted, Some(0), "message {number} found nobody");
        // A page that is opened once more may see again what the one before it had not acknowledged.
        assert!(said.seen > 0 && !said.returned, "message {number}");
    }
}

#[test]
fn everybody_is_reached_while_names_move_to_a_node_that_comes() {
    for seed in 0..4 {
        let mut world = world(seed);
        world.add_node(2);
        write_to_all(&mut world);
        check_all_read(&world);
        let moved = world.pages.len() - NAMES;
        assert!(moved > 0, "somebody moved");
    }
}

#[test]
fn everybody_is_reached_while_a_node_goes_down() {
    for seed in 0..4 {
        let mut world = world(seed);
        world.drain_at(0);
        write_to_all(&mut world);
        check_all_read(&world);
        assert_eq!(world.nodes.len(), 1, "it has gone");
    }
}
