//! Buddies by node: whom users name when they come back, if it matters where these are.
//!
//! Owns: the choice. Must not: know connections.

use super::task::Reach;

/// Who is at each node, and how many buddies of which kind a user has.
#[derive(Debug)]
pub(super) struct Buddies {
    nodes: Vec<Vec<u32>>,
    reach: Reach,
    count: u32,
}

impl Buddies {
    /// Of users whose nodes are these, in their order.
    pub(super) fn new(homes: impl Iterator<Item = u8>, reach: Reach, count: u32) -> Buddies {
        let mut nodes: Vec<Vec<u32>> = Vec::new();
        for (user, home) in (0..).zip(homes) {
            let node = usize::from(home);
            if nodes.len() <= node {
                nodes.resize_with(node + 1, Vec::new);
            }
            nodes[node].push(user);
        }
        Buddies { nodes, reach, count }
    }

    /// The buddies of a user at this node: as many as wanted, if there are so many others.
    pub(super) fn of(&self, user: u32, home: u8) -> impl Iterator<Item = u32> {
        let reach = self.reach;
        let nodes = (0..).zip(&self.nodes).filter(move |(node, _)| reach.admits(home, *node));
        let all = nodes.clone().map(|(_, users)| users.len()).sum::<usize>().max(1);
        let skipped = user as usize * self.count as usize % all;
        let users = nodes.flat_map(|(_, users)| users.iter().copied());
        users
            .clone()
            .skip(skipped)
            .chain(users.take(skipped))
            .filter(move |other| *other != user)
            .take(self.count as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buddies_are_where_they_are_wanted() {
        let homes = [0, 1, 0, 1, 0, 2];
        let check = |reach, count, user: u32, expected: &[u32]| {
            let buddies = Buddies::new(homes.into_iter(), reach, count);
            let mut found: Vec<u32> = buddies.of(user, homes[user as usize]).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{reach:?} {count} {user}");
        };
        check(Reach::Near, 9, 0, &[2, 4]);
        check(Reach::Far, 9, 0, &[1, 3, 5]);
        check(Reach::Far, 2, 1, &[4, 5]);
        check(Reach::Near, 9, 5, &[]);
        check(Reach::Any, 9, 5, &[0, 1, 2, 3, 4]);
        check(Reach::Far, 0, 0, &[]);
    }
}
