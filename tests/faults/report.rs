//! The report: the figures of a fault run.
//!
//! Owns: the names of the figures, and what counts as lost, doubled or wrong. Must not: measure.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use nextim_testkit::load::wire::Transport;

use super::conductor::{Conductor, ProcessFaultCounts};
use super::kinds::FaultCounts;
use super::ledger::{MessageLedger, Verdict};
use super::plan::Plan;
use super::player::Counts;
use super::players::PlayerTotals;
use super::site::Reports;

/// What comes to users, by how they wait.
const WAITS: [&str; Transport::ALL.len()] =
    ["polls answered by a script", "polls answered by JSON", "events of streams", "texts of sockets"];

/// The figures of a run, and its faults.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<(String, u64)>,
    notes: Vec<String>,
    errors: BTreeMap<String, u64>,
    lost: u64,
    doubled: u64,
}

impl Report {
    fn figure(&mut self, name: &str, value: u64) {
        self.figures.push((name.to_owned(), value));
    }

    fn figures(&mut self, figures: &[(&str, u64)]) {
        for (name, value) in figures {
            self.figure(name, *value);
        }
    }

    fn value(&self, name: &str) -> u64 {
        let found = self.figures.iter().find(|(have, _)| have == name);
        found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// Nothing was lost, doubled or wrong, and something was done.
    #[track_caller]
    pub(crate) fn is_good(&self) {
        assert!(self.errors.is_empty(), "{self}");
        assert_eq!((self.lost, self.doubled), (0, 0), "{self}");
        for name in ["messages taken for somebody", "undelivered messages the site took"].iter().chain(&WAITS)
        {
            assert!(self.value(name) > 0, "{name}: {self}");
        }
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.figures {
            writeln!(out, "{value:>12}  {name}")?;
        }
        for note in &self.notes {
            writeln!(out, "{note}")?;
        }
        for (error, count) in &self.errors {
            writeln!(out, "error: {error}: {count}")?;
        }
        writeln!(out, "lost {}, doubled {}", self.lost, self.doubled)
    }
}

/// What was measured and counted.
pub(crate) struct Findings {
    /// Memory of the server before the first user, in bytes.
    pub(crate) before: u64,
    /// Memory of the server after the last user, in bytes.
    pub(crate) after: u64,
    /// How many more descriptors the server had after the last user than before the first.
    pub(crate) leaked: u64,
    /// How long the server took to shut down.
    pub(crate) down: Duration,
    pub(crate) played: PlayerTotals,
}

/// Writes all figures, notes and errors.
pub(crate) fn write(plan: &Plan, found: Findings, conductor: Conductor) -> Report {
    let Conductor { site, process_faults, errors, .. } = conductor;
    let Findings { before, after, leaked, down, mut played } = found;
    let reports = site.end();
    let mut report = Report { errors, ..Report::default() };
    if plan.faketime.is_none() {
        report.notes.push("the wall clock did not jump, which needs NEXTIM_FAULTS_FAKETIME".to_owned());
    }
    report_faults(&mut report, &played.fault_counts, &process_faults);
    report_site(&mut report, &reports);
    report_polls(&mut report, &played.counts);
    let verdict = judge(&mut played, &reports);
    report_messages(&mut report, &verdict, &played.counts);
    report.notes.extend(played.ledgers.iter().flat_map(MessageLedger::odd).cloned());
    report.figures(&[
        ("descriptors leaked", leaked),
        ("KiB of memory before", before / 1_024),
        ("KiB of memory when all had left", after / 1_024),
        ("ms until the server ended", u64::try_from(down.as_millis()).expect("some seconds")),
    ]);
    let wrong = [
        ("descriptors were leaked", leaked),
        ("the server sent an invalid post to the site", reports.wrong),
        ("messages arrived or were reported although they were not taken", verdict.there_though_not_taken),
    ];
    for (kind, count) in played.errors.into_iter().chain(wrong).filter(|(_, count)| *count > 0) {
        *report.errors.entry(kind.to_owned()).or_default() += count;
    }
    report
}

fn judge(played: &mut PlayerTotals, reports: &Reports) -> Verdict {
    let reported: HashSet<u64> = reports.taken.keys().copied().collect();
    let mut verdict = Verdict::default();
    played.ledgers.iter_mut().for_each(|ledger| verdict.add(&ledger.verdict(&reported)));
    verdict
}

fn report_faults(report: &mut Report, fault_counts: &FaultCounts, process_faults: &ProcessFaultCounts) {
    for (title, count) in fault_counts.lines() {
        report.figure(&format!("fault: {title}"), count);
    }
    report.figures(&[
        ("fault: stops of the process", process_faults.stops),
        ("fault: reloads", process_faults.reloads),
        ("fault: domains that were added and served", process_faults.guests),
        ("fault: jumps of the wall clock", process_faults.jumps),
        ("fault: crowds", process_faults.crowds),
        ("connections of crowds", process_faults.crowd.connected),
        ("of these, refused", process_faults.crowd.refused),
        ("of these, kept waiting by a full accept queue", process_faults.crowd.kept_out),
    ]);
    report.figure("ms for which the process was stopped", process_faults.stopped_ms);
}

fn report_site(report: &mut Report, reports: &Reports) {
    let again = reports.taken.values().filter(|times| **times > 1).count() as u64;
    report.figures(&[
        ("lists the site took", reports.lists),
        ("fault: lists the site took late", reports.late),
        ("fault: lists the site answered with 500", reports.failed),
        ("fault: lists the site did not answer", reports.hung_up),
        ("undelivered messages the site took", reports.taken.len() as u64),
        ("of these, more than once", again),
    ]);
}

fn report_polls(report: &mut Report, of: &Counts) {
    for (name, count) in WAITS.into_iter().zip(of.answers) {
        report.figure(name, count);
    }
    report.figures(&[
        ("sessions that had ended when the user came back", of.ended),
        ("connections closed on users who stalled for too long", of.given_up),
        ("polls refused for the time being", of.polls_refused),
        ("calls refused for the time being", of.calls_refused),
        ("messages not sent, due while nothing could be sent", of.skipped),
    ]);
}

fn report_messages(report: &mut Report, verdict: &Verdict, of: &Counts) {
    report.figures(&[
        ("messages sent", verdict.sent),
        ("messages taken for somebody", verdict.taken),
        ("of these, delivered", verdict.delivered),
        ("of these, reported undelivered", verdict.reported),
        ("of these, both, as the acknowledgement may not have arrived", verdict.both),
        ("messages for nobody", verdict.for_nobody),
        ("messages refused", verdict.refused),
        ("messages whose call was cut", verdict.unknown),
        ("of these, there all the same", verdict.unknown_but_there),
        ("messages read", of.arrivals),
        ("read again on a later page, not acknowledged before", of.again),
        ("copies at the sender", of.copies),
    ]);
    report.lost += verdict.lost;
    report.doubled += of.doubled + verdict.reported_though_known;
}
