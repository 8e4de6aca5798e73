//! A frame: a report as lines of text.
//!
//! Owns: the layout. Must not: import `terminal`. A table that is too wide loses columns on the right, and a frame that is
//! too high loses lines at the end, so the most important comes first.

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;

use super::nodes;
use super::text::{BAD, BOLD, FAINT, FrameLine, GOOD, PLAIN, bytes, duration, grouped, latency, rate};
use crate::ops::admin::report::{NodeReport, Report, Sample};

/// The number of samples in the line of bars.
pub(super) const HISTORY: usize = 60;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) admin: SocketAddr,
    /// The report, or the reason why there is none.
    pub(super) report: Result<&'a Report, &'a str>,
    /// Messages a second in the last samples.
    pub(super) history: &'a [f64],
    pub(super) width: usize,
    /// The most lines; `None`: no limit.
    pub(super) height: Option<usize>,
    pub(super) colours: bool,
}

impl Display for Frame<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut lines = match self.report {
            Ok(report) => self.lines(report),
            Err(error) => self.trouble(error),
        };
        lines.truncate(self.height.unwrap_or(usize::MAX));
        lines.iter().try_for_each(|line| self.write_line(f, line))
    }
}

impl Frame<'_> {
    fn write_line(&self, f: &mut Formatter<'_>, line: &FrameLine) -> fmt::Result {
        let mut left = self.width;
        for (colour, text) in line {
            let text: String = text.chars().take(left).collect();
            left -= text.chars().count();
            if self.colours && !colour.is_empty() {
                write!(f, "{colour}{text}{PLAIN}")?;
            } else {
                f.write_str(&text)?;
            }
        }
        writeln!(f)
    }

    /// The lines of an error. Each part has its own line, because a terminal may be narrow.
    fn trouble(&self, error: &str) -> Vec<FrameLine> {
        let mut parts = error.split("; ");
        let wrong = parts.next().unwrap_or_default();
        let mut lines = vec![
            vec![(BOLD, format!("NextIM at {}", self.admin))],
            vec![(BAD, format!("cannot be reached: {wrong}"))],
        ];
        lines.extend(parts.map(|part| vec![("", part.to_owned())]));
        lines.push(vec![(FAINT, "Trying again every second; q quits.".to_owned())]);
        lines
    }

    fn lines(&self, report: &Report) -> Vec<FrameLine> {
        let mut lines = vec![self.title(report)];
        lines.extend(self.facts(report).into_iter().map(|line| vec![("", line)]));
        lines.extend(report.cluster.iter().flat_map(|cluster| nodes::lines(cluster, self.width)));
        if !self.history.is_empty() {
            let bars = bars(self.history, self.width.saturating_sub(12));
            lines.push(vec![("", "messages   ".to_owned()), (GOOD, bars)]);
        }
        for table in [losses(report), calls(report), shards(report), domains(report)] {
            lines.push(Vec::new());
            lines.extend(table.lines(self.width));
        }
        lines
    }

    fn title(&self, report: &Report) -> FrameLine {
        let state = if !report.standing_still.is_empty() {
            let shards: Vec<_> = report.standing_still.iter().map(ToString::to_string).collect();
            (BAD, format!("STANDING STILL: shard {}", shards.join(", ")))
        } else if report.draining {
            (BAD, "shutting down".to_owned())
        } else {
            let cluster = report.cluster.as_ref();
            let trouble = cluster.and_then(|cluster| cluster.nodes.first()).and_then(own_trouble);
            trouble.map_or((GOOD, "serving".to_owned()), |trouble| (BAD, trouble))
        };
        let name = format!("NextIM {} at {}  ", report.version, self.admin);
        vec![(BOLD, name), state, ("", format!("  up {}", duration(report.uptime_s)))]
    }

    /// The numbers, in as few lines as the width allows.
    fn facts(&self, report: &Report) -> Vec<String> {
        let Sample { users, connections, parked, .. } = report.now;
        let now = &report.now;
        let room = report.connections_per_shard_max.saturating_mul(report.shards.len());
        let facts = [
            format!("users {}", grouped(users)),
            format!("polls waiting {}", grouped(parked)),
            format!("connections {} of {}", grouped(connections), grouped(room as u64)),
            format!("messages {}/s", rate(now.messages_per_s)),
            format!("packets {}/s", rate(now.packets_per_s)),
            format!("calls {}/s", rate(now.calls_per_s)),
            format!("latency p50 {} p99 {}", latency(now.p50_us), latency(now.p99_us)),
            format!("lost or refused {}/s", rate(now.losses_per_s)),
            format!("cores {:.2}", now.cores),
            format!("memory {}", bytes(now.memory_bytes)),
        ];
        let mut lines: Vec<String> = Vec::new();
        for fact in facts {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 3 + fact.chars().count() <= self.width => {
                    *line += "   ";
                    *line += &fact;
                }
                Some(_) | None => lines.push(fact),
            }
        }
        lines
    }
}

/// Why a node of a cluster takes no calls, if it takes none.
fn own_trouble(own: &NodeReport) -> Option<String> {
    match (own.state.as_str(), &own.reason) {
        ("joining" | "isolated", Some(reason)) => Some(format!("{}: {reason}", own.state)),
        ("joining" | "isolated", None) => Some(own.state.clone()),
        _ => None,
    }
}

/// Rows under a head. The first column is aligned left, the others right.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(ToString::to_string).collect()] }
    }

    fn lines(&self, width: usize) -> Vec<FrameLine> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widest =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let line = |(index, row): (usize, &Vec<String>)| {
            let mut text = String::new();
            for (column, cell) in row.iter().enumerate() {
                let cell = match column {
                    0 => format!("{cell:<0$}", widths[0]),
                    _ => format!("  {cell:>0$}", widths[column]),
                };
                if text.chars().count() + cell.chars().count() > width {
                    break;
                }
                text += &cell;
            }
            vec![(if index == 0 { FAINT } else { "" }, text)]
        };
        self.rows.iter().enumerate().map(line).collect()
    }
}

fn losses(report: &Report) -> Table {
    let mut table = Table::new(&["lost or refused", "per s", "total"]);
    for loss in &report.losses {
        let name = loss.name.trim_end_matches("_total").replace('_', " ");
        table.rows.push(vec![name, rate(loss.per_s), grouped(loss.total)]);
    }
    table
}

fn calls(report: &Report) -> Table {
    let mut table = Table::new(&["call", "per s", "p50", "p99", "total"]);
    for calls in &report.calls {
        let (p50, p99) = (latency(calls.p50_us), latency(calls.p99_us));
        table.rows.push(vec![calls.kind.clone(), rate(calls.per_s), p50, p99, grouped(calls.total)]);
    }
    table
}

fn shards(report: &Report) -> Table {
    let mut table = Table::new(&["shard", "busy", "users", "polls", "messages/s", "turn p99", "mailbox"]);
    for shard in &report.shards {
        let counter = |name: &str| grouped(shard.counters.get(name).copied().unwrap_or(0));
        table.rows.push(vec![
            shard.shard.to_string(),
            format!("{:.0} %", shard.busy * 100.0),
            counter("users"),
            counter("connections_parked"),
            rate(shard.messages_per_s),
            latency(shard.turn_p99_us),
            grouped(shard.mailbox as u64),
        ]);
    }
    table
}

fn domains(report: &Report) -> Table {
    let mut table =
        Table::new(&["domain", "users", "messages/s", "calls/s", "waiting", "refused", "messages", "calls"]);
    let mut domains: Vec<_> = report.domains.iter().collect();
    domains.sort_by(|a, b| b.messages_per_s.total_cmp(&a.messages_per_s).then(b.users.cmp(&a.users)));
    for domain in domains {
        table.rows.push(vec![
            domain.name.clone().unwrap_or_else(|| "(other domains)".to_owned()),
            grouped(domain.users),
            rate(domain.messages_per_s),
            rate(domain.calls_per_s),
            bytes(domain.waiting_bytes),
            grouped(domain.refused),
            grouped(domain.messages),
            grouped(domain.calls),
        ]);
    }
    table
}

/// The last of these numbers as bars. The highest number has the full height.
fn bars(numbers: &[f64], most: usize) -> String {
    let highest = numbers.iter().copied().fold(1.0, f64::max);
    let shown = numbers.iter().skip(numbers.len().saturating_sub(most));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 7")]
    let bar = |number: &f64| BARS[(number / highest * 7.0).round().clamp(0.0, 7.0) as usize];
    shown.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::admin::report::{
        CallReport, ClusterReport, DomainReport, LossReport, NodeReport, ShardReport,
    };

    fn report() -> Report {
        Report {
            version: "1.2.3".to_owned(),
            uptime_s: 3_725,
            connections_per_shard_max: 10_000,
            now: Sample { users: 1_234, messages_per_s: 12.3, p50_us: Some(310.0), ..Sample::default() },
            calls: vec![CallReport {
                kind: "message".to_owned(),
                p99_us: Some(2_500.0),
                ..CallReport::default()
            }],
            losses: vec![LossReport {
                name: "messages_lost_total".to_owned(),
                total: 7,
                ..LossReport::default()
            }],
            shards: vec![ShardReport { busy: 0.25, ..ShardReport::default() }],
            domains: vec![
                DomainReport { name: Some("a.example".to_owned()), users: 3, ..DomainReport::default() },
                DomainReport { users: 9, ..DomainReport::default() },
            ],
            ..Report::default()
        }
    }

    fn shown(frame: Frame<'_>) -> String {
        frame.to_string()
    }

    fn frame(report: &Report) -> Frame<'_> {
        let admin = "127.0.0.1:8001".parse().unwrap();
        Frame { admin, report: Ok(report), history: &[], width: 80, height: None, colours: false }
    }

    #[test]
    fn a_frame_has_the_numbers_of_a_report() {
        let report = report();
        let text = shown(frame(&report));
        assert!(text.starts_with("NextIM 1.2.3 at 127.0.0.1:8001  serving  up 1:02:05\nusers 1,234   polls"));
        for part in ["connections 0 of 10,000", "messages 12/s", "p50 310 µs p99 -", "messages lost"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(text.contains("message    0.0    -  2.5 ms      0\n"), "{text}");
        let domains = text.split("domain ").nth(1).unwrap();
        assert!(domains.find("(other domains)") < domains.find("a.example"), "the busiest first: {domains}");
        assert!(!text.contains('\x1b'), "no colours");
    }

    #[test]
    fn a_narrow_or_low_screen_shows_less() {
        let report = report();
        for width in [1, 20, 40, 79] {
            let text = shown(Frame { width, history: &[1.0; 200], ..frame(&report) });
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
        }
        let text = shown(Frame { height: Some(5), ..frame(&report) });
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn trouble_is_red() {
        let mut report = report();
        report.standing_still = vec![0, 2];
        let text = shown(Frame { colours: true, ..frame(&report) });
        assert!(text.contains("\x1b[1;31mSTANDING STILL: shard 0, 2\x1b[0m"), "{text}");
        let text = shown(Frame { report: Err("refused; do this; do that"), ..frame(&report) });
        assert!(text.contains("cannot be reached: refused\ndo this\ndo that\nTrying again"), "{text}");
    }

    #[test]
    fn the_nodes_of_a_cluster_are_two_lines() {
        let node = |name: &str, state: &str| NodeReport {
            name: name.to_owned(),
            state: state.to_owned(),
            ..NodeReport::default()
        };
        let mut report = report();
        let nodes = vec![
            NodeReport { round_trip_us: Some(210), ..node("im1", "up") },
            NodeReport { round_trip_us: Some(420), users: Some(1_234), ..node("im2", "up") },
            NodeReport { heard_ms: Some(75_000), ..node("im3", "dead") },
            node("im4", "missing"),
        ];
        let mut cluster = ClusterReport { name: "forum".to_owned(), nodes, ..ClusterReport::default() };
        cluster.broker.connected = true;
        report.cluster = Some(cluster);
        let text = shown(frame(&report));
        let lines = "\ncluster forum   im1 up   2 of 4 nodes up   broker connected, 210 µs\n\
                     nodes      im3 dead 0:01:15   im4 missing   im2 up 420 µs, 1,234 users\n";
        assert!(text.contains(lines), "{text}");
        for (width, expected) in [
            (41, "\ncluster forum   im1 up   2 of 4 nodes up\nnodes      im3 dead 0:01:15   im4 missing\n"),
            (30, "\ncluster forum   im1 up …\nnodes      im3 dead 0:01:15 …\n"),
            (9, "\ncluster f\nnodes …\n"),
        ] {
            let text = shown(Frame { width, ..frame(&report) });
            assert!(text.contains(expected), "{width}: {text}");
        }
        let coloured = shown(Frame { colours: true, ..frame(&report) });
        assert!(coloured.contains("\x1b[1;31mim3 dead 0:01:15\x1b[0m"), "{coloured}");

        let Some(cluster) = &mut report.cluster else { unreachable!("it was set") };
        cluster.broker.connected = false;
        cluster.nodes[0] = NodeReport { reason: Some("no broker".to_owned()), ..node("im1", "isolated") };
        let text = shown(frame(&report));
        assert!(text.contains("  isolated: no broker  up 1:02:05\n"), "{text}");
        assert!(text.contains("   1 of 4 nodes up   NO BROKER\n"), "{text}");
    }

    #[test]
    fn numbers() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0, 999, 1_000, 1_234_567].map(grouped).as_slice());
        assert_eq!(["0.0", "9.9", "10", "1,235"], [0.0, 9.9, 10.0, 1_234.5].map(rate).as_slice());
        assert_eq!(
            ["1 MiB", "9,999 MiB", "9 GiB"],
            [1 << 20, 9_999 << 20, 10_000 << 20].map(bytes).as_slice()
        );
        assert_eq!(["0:00:59", "23:59:59", "1 d 0 h"], [59, 86_399, 86_400].map(duration).as_slice());
        assert_eq!(bars(&[0.0, 5.0, 10.0], 2), "▅█");
        assert_eq!(bars(&[0.0], 9), "▁");
    }
}
