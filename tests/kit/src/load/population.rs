//! Who there is: users, buddies and rooms, and which thread of the generator plays whom.
//!
//! Owns: the arithmetic. Must not: do anything. Buddies and rooms stay within one thread's part: then each thread
//! knows by itself what must arrive, and nothing has to be told from thread to thread while time is measured. The
//! server knows nothing of it, so its shards mix all parts.

use std::ops::Range;

/// The users of a run.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    /// Users of all parts.
    pub users: u32,
    /// Buddies of each user. Buddies are mutual.
    pub buddies: u32,
    /// Members of each room; every user is in one. 0: there are none.
    pub room_size: u32,
    /// Parts.
    pub parts: u32,
}

/// The users of one thread, counted from 0 there.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The number of the first.
    pub first: u32,
    /// How many there are.
    pub count: u32,
    buddies: u32,
    room_size: u32,
}

impl Population {
    /// One part.
    pub fn part(&self, index: u32) -> Part {
        let (each, more) = (self.users / self.parts, self.users % self.parts);
        let first = index * each + index.min(more);
        let count = each + u32::from(index < more);
        Part { first, count, buddies: self.buddies, room_size: self.room_size }
    }
}

impl Part {
    /// The numbers of a user's buddies. Circles of buddies are spread over the part, so that when users come in
    /// order, those of one circle come far from each other, and each is announced by itself.
    pub fn buddies(&self, user: u32) -> impl Iterator<Item = u32> {
        let circle = (self.buddies + 1).min(self.count.max(1));
        let stride = self.count / circle;
        let (start, step, size) = if user < stride * circle {
            (user % stride, stride, circle)
        } else {
            (stride * circle, 1, self.count - stride * circle)
        };
        let first = self.first;
        (0..size)
            .map(move |k| start + k * step)
            .filter(move |other| *other != user)
            .map(move |other| first + other)
    }

    /// The users who share a room with a user.
    pub fn room(&self, user: u32) -> Option<Range<u32>> {
        let start = user.checked_div(self.room_size)? * self.room_size;
        Some(start..(start + self.room_size).min(self.count))
    }

    /// The number of the room whose first member this is.
    pub fn room_number(&self, room: &Range<u32>) -> u32 {
        self.first + room.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_users() {
        let population = Population { users: 11, buddies: 3, room_size: 4, parts: 3 };
        let parts: Vec<_> =
            (0..3).map(|index| population.part(index)).map(|part| (part.first, part.count)).collect();
        assert_eq!(parts, [(0, 4), (4, 4), (8, 3)]);
    }

    #[test]
    fn buddies_are_mutual() {
        for (users, buddies) in [(1, 9), (2, 9), (10, 9), (11, 9), (107, 9), (100, 0), (1_000, 3)] {
            let part = Population { users, buddies, room_size: 0, parts: 1 }.part(0);
            let of = |user| part.buddies(user).collect::<Vec<_>>();
            let mut links = 0;
            for user in 0..users {
                for buddy in of(user) {
                    assert!(buddy < users && of(buddy).contains(&user), "{users} {buddies}: {user} {buddy}");
                    links += 1;
                }
            }
            let circle = (buddies + 1).min(users);
            assert!(links >= users / circle * circle * (circle - 1), "{users} {buddies}: {links}");
        }
    }

    #[test]
    fn rooms_cover_the_part() {
        let part = Population { users: 20, buddies: 0, room_size: 4, parts: 2 }.part(1);
        assert_eq!(part.room(9), Some(8..10));
        assert_eq!(part.room_number(&(8..10)), 18);
        let none = Population { users: 20, buddies: 0, room_size: 0, parts: 2 }.part(1);
        assert_eq!(none.room(9), None);
    }
}
