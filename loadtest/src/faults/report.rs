//! The report: the figures of a fault run.
//!
//! Owns: the names of the figures, and what counts as lost, doubled or wrong. Must not: measure.

use std::collections::HashSet;
use std::time::Duration;

use super::conductor::{Conductor, ProcessFaultCounts};
use super::kinds::FaultCounts;
use super::ledger::{MessageLedger, Verdict};
use super::player::Counts;
use super::players::PlayerTotals;
use super::site::Reports;
use crate::arguments::Settings;
use crate::measure::Memory;
use crate::number::real;
use crate::outcome::Outcome;

const MEBIBYTE: f64 = 1_048_576.0;

/// What was measured and counted.
pub(super) struct Findings {
    /// Memory of the server before the first user.
    pub(super) before: Memory,
    /// Memory of the server after the last user.
    pub(super) after: Memory,
    /// How many more descriptors the server had after the last user than before the first.
    pub(super) leaked: u64,
    /// How long the server took to shut down.
    pub(super) down: Duration,
    pub(super) played: PlayerTotals,
}

/// Writes all figures, notes and errors into the outcome.
pub(super) fn write(
    mut outcome: Outcome,
    settings: &Settings,
    rate: f64,
    found: Findings,
    conductor: Conductor,
) -> Outcome {
    let Conductor { site, process_faults, errors, clock, interrupt, .. } = conductor;
    let Findings { before, after, leaked, down, mut played } = found;
    let reports = site.end();
    outcome.rate = Some(rate);
    outcome.note(format!("seed {}", settings.seed));
    if interrupt.came() {
        outcome.note("it was interrupted".to_owned());
    }
    if clock.is_none() {
        outcome.note("the wall clock did not jump, which needs --faketime".to_owned());
    }
    report_faults(&mut outcome, &played.fault_counts, &process_faults);
    report_site(&mut outcome, &reports);
    report_polls(&mut outcome, &played.counts);
    let verdict = judge(&mut played, &reports);
    report_messages(&mut outcome, &verdict, &played.counts);
    played.ledgers.iter().flat_map(MessageLedger::odd).for_each(|odd| outcome.note(odd.clone()));
    outcome.figure("descriptors leaked", "", real(leaked));
    outcome.figure("RSS before", "MiB", real(before.rss) / MEBIBYTE);
    outcome.figure("RSS when all had left", "MiB", real(after.rss) / MEBIBYTE);
    outcome.figure("the server ended within", "s", down.as_secs_f64());
    let played = played.errors.into_iter().map(|(kind, count)| (kind.to_owned(), count));
    let wrong = [
        ("descriptors were leaked", leaked),
        ("the server sent an invalid post to the site", reports.wrong),
        ("messages arrived or were reported although they were not taken", verdict.there_though_not_taken),
    ];
    let wrong =
        wrong.into_iter().filter(|(_, count)| *count > 0).map(|(kind, count)| (kind.to_owned(), count));
    for (kind, count) in errors.into_iter().chain(played).chain(wrong) {
        *outcome.errors.entry(kind).or_default() += count;
    }
    outcome
}

fn judge(played: &mut PlayerTotals, reports: &Reports) -> Verdict {
    let reported: HashSet<u64> = reports.taken.keys().copied().collect();
    let mut verdict = Verdict::default();
    played.ledgers.iter_mut().for_each(|ledger| verdict.add(&ledger.verdict(&reported)));
    verdict
}

fn counts(outcome: &mut Outcome, figures: &[(&str, u64)]) {
    for (name, count) in figures {
        outcome.figure(name, "", real(*count));
    }
}

fn report_faults(outcome: &mut Outcome, fault_counts: &FaultCounts, process_faults: &ProcessFaultCounts) {
    for (title, count) in fault_counts.lines() {
        outcome.figure(&format!("fault: {title}"), "", real(count));
    }
    counts(
        outcome,
        &[
            ("fault: stops of the process", process_faults.stops),
            ("fault: reloads", process_faults.reloads),
            ("fault: domains that were added and served", process_faults.guests),
            ("fault: jumps of the wall clock", process_faults.jumps),
            ("fault: crowds", process_faults.crowds),
            ("connections of crowds", process_faults.crowd.connected),
            ("of these, refused", process_faults.crowd.refused),
            ("of these, kept waiting by a full accept queue", process_faults.crowd.kept_out),
        ],
    );
    outcome.figure("the process was stopped for", "s", real(process_faults.stopped_ms) / 1e3);
}

fn report_site(outcome: &mut Outcome, reports: &Reports) {
    let again = reports.taken.values().filter(|times| **times > 1).count() as u64;
    counts(
        outcome,
        &[
            ("lists the site took", reports.lists),
            ("fault: lists the site took late", reports.late),
            ("fault: lists the site answered with 500", reports.failed),
            ("fault: lists the site did not answer", reports.hung_up),
            ("undelivered messages the site took", reports.taken.len() as u64),
            ("of these, more than once", again),
        ],
    );
}

fn report_polls(outcome: &mut Outcome, of: &Counts) {
    counts(
        outcome,
        &[
            ("polls answered", of.answers),
            ("sessions that had ended when the user came back", of.ended),
            ("connections closed on users who stalled for too long", of.given_up),
            ("polls refused for the time being", of.polls_refused),
            ("calls refused for the time being", of.calls_refused),
            ("messages not sent, due while nothing could be sent", of.skipped),
        ],
    );
}

fn report_messages(outcome: &mut Outcome, verdict: &Verdict, of: &Counts) {
    counts(
        outcome,
        &[
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
        ],
    );
    outcome.lost += verdict.lost;
    outcome.doubled += of.doubled + verdict.reported_though_known;
}
