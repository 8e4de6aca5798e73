//! The page: runs as plots and tables that a browser shows.
//!
//! Owns: which plots there are, and the page around them. Must not: need anything but itself: no script, no font, no
//! picture from elsewhere. A plot without data is left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::number::{real, short};
use crate::outcome::{Latency, Outcome, Run, name};
use crate::plot::{Series, bars, escaped, lines};

const STYLE: &str = include_str!("page.css");
const MEBIBYTE: f64 = 1_048_576.0;

/// The name of a line, and where on it a point is.
type Point = (String, f64, f64);

/// The page of these runs.
pub(crate) fn of(runs: &[Run]) -> String {
    let outcomes: Vec<&Outcome> = runs.iter().flat_map(|run| &run.outcomes).collect();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>NextIM under load</title>\n<style>\n{STYLE}</style></head><body>\n<h1>NextIM under load</h1>\n"
    );
    machines(&mut page, runs);
    for run in runs.iter().filter(|run| !run.ratios.is_empty()) {
        compared(&mut page, run);
    }
    plots(&mut page, &outcomes);
    put(&mut page, "<h2>All figures</h2>\n");
    for outcome in outcomes {
        details(&mut page, outcome);
    }
    put(&mut page, "</body></html>\n");
    page
}

/// Writes each machine once, with the loads that runs began with.
fn machines(page: &mut String, runs: &[Run]) {
    let mut loads: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for Run { machine, .. } in runs {
        let memory = short(real(machine.memory) / MEBIBYTE / 1_024.0);
        let (cores, processor, kernel) = (machine.cores, &machine.processor, &machine.kernel);
        let text = format!("{cores} cores ({processor}), {memory} GiB, Linux {kernel}");
        loads.entry(text).or_default().push(machine.load);
    }
    for (text, loads) in loads {
        let (low, high) =
            (loads.iter().fold(f64::MAX, |a, b| a.min(*b)), loads.iter().fold(0f64, |a, b| a.max(*b)));
        let load = format!("{} runs, load {low} to {high} when they began", loads.len());
        put(page, &format!("<p>{}; {load}</p>\n", escaped(&text)));
    }
}

fn compared(page: &mut String, run: &Run) {
    let values: Vec<(String, f64)> = run.ratios.iter().map(|line| (line.name.clone(), line.times)).collect();
    let users = short(real(run.outcomes.iter().map(|outcome| outcome.users).max().unwrap_or(0)));
    let what = "Medians of one run, in which all were measured in turns. The stand-in makes the system calls that \
                any server of this protocol must make, and nothing else. CPU and latency are better below 1, what is \
                counted by the second above. Nchan, a module of nginx, carries the same messages, but has no sessions: \
                who comes there only polls.";
    put(
        page,
        &format!(
            "<h2>NextIM and the stand-in, {users} users</h2>\n<p>{what}</p>\n<figure>{}</figure>\n",
            bars(&values)
        ),
    );
    let rows = run.ratios.iter().map(|line| {
        let name = format!("{} ({})", line.name, line.unit);
        let [nchan, streams, sockets] =
            [line.nchan, line.streams, line.sockets].map(|value| value.map_or("-".to_owned(), short));
        [name, short(line.floor), short(line.ours), nchan, streams, sockets, format!("{:.2}", line.times)]
    });
    table(
        page,
        ["", "stand-in", "NextIM", "Nchan", "NextIM by streams", "NextIM by sockets", "NextIM / stand-in"],
        rows,
    );
}

fn plots(page: &mut String, outcomes: &[&Outcome]) {
    let by = |pick: &dyn Fn(&Outcome) -> Vec<Point>| {
        let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (name, x, y) in outcomes.iter().flat_map(|outcome| pick(outcome)) {
            series.entry(name).or_default().push((x, y));
        }
        let sorted = series.into_iter().map(|(name, mut points)| {
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            Series { name, points }
        });
        sorted.collect::<Vec<_>>()
    };
    let memory = by(&|outcome| {
        // It is taken before anything but parking has happened.
        let parks = ["park", "broadcast"].contains(&&*outcome.scenario);
        let value = outcome.get(name::RSS_PER_USER).filter(|_| parks);
        let name = format!("{}, {} buddies", outcome.target, outcome.buddies);
        value.map(|value| (name, real(outcome.users), value)).into_iter().collect()
    });
    plot(page, "Memory by users", &memory, "users", "bytes of the server for each user", (true, false));
    // Other scenarios have other things going on beside messages, so they do not belong on the same line.
    let routed = |outcome: &Outcome| outcome.scenario == "route";
    let label = |outcome: &Outcome| format!("{}, {} users", outcome.target, short(real(outcome.users)));
    let latency = by(&|outcome| match (outcome.rate.filter(|_| routed(outcome)), way(outcome)) {
        (Some(rate), Some(latency)) => [("p50", latency.p50), ("p99", latency.p99), ("p99.9", latency.p999)]
            .map(|(name, value)| (format!("{name}: {}", label(outcome)), rate, value))
            .to_vec(),
        (None, _) | (_, None) => Vec::new(),
    });
    plot(page, "Latency by rate", &latency, "messages a second", "µs from call to arrival", (false, true));
    let throughput = by(&|outcome| {
        let value = outcome.get(name::MESSAGE_RATE).filter(|_| routed(outcome) && outcome.rate.is_none());
        value.map(|value| (label(outcome), real(outcome.shards), value)).into_iter().collect()
    });
    plot(page, "Throughput by shards", &throughput, "shards", "messages a second", (false, false));
    let soak = by(&|outcome| {
        let point = |sample: &crate::outcome::Sample| {
            (outcome.target.clone(), sample.at, real(sample.rss) / MEBIBYTE)
        };
        outcome.samples.iter().map(point).collect()
    });
    plot(page, "Memory while messages go on", &soak, "seconds", "MiB of the server", (false, false));
}

/// The latency from call to arrival.
fn way(outcome: &Outcome) -> Option<&Latency> {
    outcome.latencies.iter().find(|latency| latency.name == "call to arrival")
}

fn plot(page: &mut String, title: &str, series: &[Series], x: &str, y: &str, (log_x, log_y): (bool, bool)) {
    if !series.is_empty() {
        let svg = lines(series, x, y, log_x, log_y);
        put(page, &format!("<h2>{title}</h2>\n<p>{}</p>\n<figure>{svg}</figure>\n", escaped(y)));
    }
}

fn details(page: &mut String, outcome: &Outcome) {
    let rate = outcome.rate.map_or(String::new(), |rate| format!(", {} messages/s", short(rate)));
    let title = format!(
        "{} of {}: {} users, {} buddies, rooms of {}, {} shards{rate}",
        outcome.scenario, outcome.target, outcome.users, outcome.buddies, outcome.room_size, outcome.shards
    );
    put(page, &format!("<details><summary>{}</summary>\n", escaped(&title)));
    let figures = outcome
        .figures
        .iter()
        .map(|figure| [figure.name.clone(), format!("{} {}", short(figure.value), figure.unit)]);
    table(page, ["", ""], figures);
    if !outcome.latencies.is_empty() {
        let rows = outcome.latencies.iter().map(|latency| {
            let [p50, p90, p99, p999, max] =
                [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(short);
            [latency.name.clone(), latency.count.to_string(), p50, p90, p99, p999, max]
        });
        table(page, ["latency, µs", "count", "p50", "p90", "p99", "p99.9", "max"], rows);
    }
    for note in &outcome.notes {
        put(page, &format!("<p>{}</p>\n", escaped(note)));
    }
    let errors: Vec<String> = outcome.errors.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    let class = if outcome.failed() { " class=\"bad\"" } else { "" };
    let text = format!("lost {}, doubled {}; errors: {}", outcome.lost, outcome.doubled, errors.join(", "));
    let text = if errors.is_empty() { text + "none" } else { text };
    put(page, &format!("<p{class}>{}</p></details>\n", escaped(&text)));
}

fn table<const N: usize>(page: &mut String, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    put(page, "<div class=\"scroll\"><table>\n");
    if head.iter().any(|cell| !cell.is_empty()) {
        put(page, &format!("<tr>{}</tr>\n", head.map(|cell| format!("<th>{}</th>", escaped(cell))).concat()));
    }
    for row in rows {
        put(page, &format!("<tr>{}</tr>\n", row.map(|cell| format!("<td>{}</td>", escaped(&cell))).concat()));
    }
    put(page, "</table></div>\n");
}

fn put(page: &mut String, text: &str) {
    page.write_str(text).expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Machine;
    use crate::outcome::{FORMAT, Ratio, Sample};

    #[test]
    fn plots_are_there_if_there_is_data() {
        let run = |outcome: Outcome, ratios| {
            of(&[Run {
                format: FORMAT,
                began: 0,
                machine: Machine::default(),
                outcomes: vec![outcome],
                ratios,
            }])
        };
        let check = |page: &str, titles: &[&str]| {
            for title in [
                "Memory by users",
                "Latency by rate",
                "Throughput by shards",
                "NextIM and the stand-in",
                "Memory while",
            ] {
                assert_eq!(page.contains(title), titles.contains(&title), "{title}");
            }
        };
        check(&run(Outcome::default(), Vec::new()), &[]);
        let mut park = Outcome { scenario: "park".to_owned(), users: 100, ..Outcome::default() };
        park.figure(name::RSS_PER_USER, "bytes", 650.0);
        check(&run(park, Vec::new()), &["Memory by users"]);
        let route = || Outcome { scenario: "route".to_owned(), ..Outcome::default() };
        let mut closed = Outcome { shards: 1, lost: 1, ..route() };
        closed.figure(name::MESSAGE_RATE, "/s", 1e4);
        closed.samples.push(Sample { at: 1.0, rss: 1, pss: 1 });
        let ratio = Ratio {
            name: "<x>".to_owned(),
            unit: "µs".to_owned(),
            floor: 1.0,
            ours: 2.0,
            nchan: None,
            streams: Some(1.5),
            sockets: Some(1.6),
            times: 2.0,
        };
        let page = run(closed, vec![ratio]);
        check(&page, &["Throughput by shards", "NextIM and the stand-in", "Memory while"]);
        assert!(page.contains("class=\"bad\"") && page.contains("&lt;x&gt;") && !page.contains("<x>"));
        let mut open = Outcome { rate: Some(5.0), ..route() };
        open.latencies.push(Latency { name: "call to arrival".to_owned(), p50: 1.0, ..Latency::default() });
        check(&run(open, Vec::new()), &["Latency by rate"]);
    }
}
