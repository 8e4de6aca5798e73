//! Scenarios: what can be measured, and how much of it if nothing else is said.
//!
//! Owns: the table. Must not: run anything.

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// Users come online and wait.
    Park,
    /// Messages from user to user.
    Route,
    /// Messages to rooms.
    Room,
    /// Messages to everybody.
    Broadcast,
    /// Users come and go.
    Churn,
    /// Everybody comes back at once.
    Storm,
    /// Everybody comes and everybody leaves, several times.
    Cycle,
    /// Nobody says anything.
    Idle,
    /// Messages for a long time.
    Soak,
    /// Messages while others attack the server.
    Hostile,
    /// Calls of the site, each on a connection of its own.
    Calls,
    /// Messages and polls on a server whose instructions are counted.
    Instructions,
    /// What a cluster costs.
    Cluster,
    /// `NextIM`, the stand-in and Nchan, in turns.
    Compare,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// Which it is.
    pub(crate) name: Name,
    /// As it is called.
    pub(crate) title: &'static str,
    /// Users.
    pub(crate) users: u32,
    /// Buddies of each.
    pub(crate) buddies: u32,
    /// Members of each room.
    pub(crate) room_size: u32,
    /// Messages a second; without it they are sent as fast as the server takes them.
    pub(crate) rate: Option<f64>,
    /// Calls, or users on their way, at a time.
    pub(crate) concurrency: u32,
    /// How long; for broadcasts: how many.
    pub(crate) seconds: f64,
}

const fn line(
    name: Name,
    title: &'static str,
    [users, buddies, room_size]: [u32; 3],
    rate: Option<f64>,
    concurrency: u32,
    seconds: f64,
) -> Scenario {
    Scenario { name, title, users, buddies, room_size, rate, concurrency, seconds }
}

/// All scenarios.
const SCENARIOS: [Scenario; 14] = [
    line(Name::Park, "park", [15_000, 9, 50], None, 64, 0.0),
    line(Name::Route, "route", [5_000, 0, 0], None, 256, 10.0),
    line(Name::Room, "room", [5_000, 0, 50], None, 32, 10.0),
    line(Name::Broadcast, "broadcast", [15_000, 0, 0], None, 64, 5.0),
    line(Name::Churn, "churn", [5_000, 9, 50], None, 64, 10.0),
    line(Name::Storm, "storm", [15_000, 9, 50], None, 256, 0.0),
    line(Name::Cycle, "cycle", [50_000, 9, 50], None, 64, 0.0),
    line(Name::Idle, "idle", [15_000, 0, 0], None, 64, 30.0),
    line(Name::Soak, "soak", [5_000, 9, 50], Some(1_000.0), 256, 300.0),
    line(Name::Hostile, "hostile", [5_000, 0, 0], None, 256, 5.0),
    line(Name::Calls, "calls", [1_024, 0, 0], None, 64, 3.0),
    line(Name::Instructions, "instructions", [1_024, 9, 16], None, 64, 4.0),
    line(Name::Cluster, "cluster", [3_000, 9, 1_000], None, 64, 4.0),
    line(Name::Compare, "compare", [5_000, 9, 50], None, 256, 5.0),
];

impl Name {
    /// Its line of the table.
    pub(crate) fn scenario(self) -> Scenario {
        SCENARIOS.into_iter().find(|scenario| scenario.name == self).expect("each name has a line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_line() {
        for scenario in SCENARIOS {
            assert_eq!(scenario.name.scenario().title, scenario.title);
        }
        assert_eq!(Name::Compare.scenario().title, "compare");
    }
}
