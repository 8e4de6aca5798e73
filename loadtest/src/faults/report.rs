//! Telling: what a fault run found, as figures.
//!
//! Owns: the names of the figures, and what counts as lost, doubled or wrong. Must not: find anything out.

use std::collections::HashSet;
use std::time::Duration;

use super::conductor::{Blows, Conductor};
use super::kinds::Happened;
use super::ledger::{Book, Verdict};
use super::player::Counts;
use super::players::Played;
use super::site::Reports;
use crate::arguments::Settings;
use crate::measure::Memory;
use crate::number::real;
use crate::outcome::Outcome;

const MEBIBYTE: f64 = 1_048_576.0;

/// What was found.
pub(super) struct Found {
    /// Memory of the server when nobody was there.
    pub(super) before: Memory,
    /// The same, when all had left.
    pub(super) after: Memory,
    /// Descriptors the server had more than before.
    pub(super) leaked: u64,
    /// How long the server took to end.
    pub(super) down: Duration,
    pub(super) played: Played,
}

/// Puts all of it down.
pub(super) fn tell(
    mut outcome: Outcome,
    settings: &Settings,
    rate: f64,
    found: Found,
    conductor: Conductor,
) -> Outcome {
    let Conductor { site, blows, errors, clock, interrupt, .. } = conductor;
    let Found { before, after, leaked, down, mut played } = found;
    let reports = site.end();
    outcome.rate = Some(rate);
    outcome.note(format!("seed {}", settings.seed));
    if interrupt.came() {
        outcome.note("it was interrupted".to_owned());
    }
    if clock.is_none() {
        outcome.note("the wall clock did not jump, which needs --faketime".to_owned());
    }
    tell_of_faults(&mut outcome, &played.happened, &blows);
    tell_of_site(&mut outcome, &reports);
    tell_of_polls(&mut outcome, &played.counts);
    let verdict = judge(&mut played, &reports);
    tell_of_messages(&mut outcome, &verdict, &played.counts);
    played.books.iter().flat_map(Book::odd).for_each(|odd| outcome.note(odd.clone()));
    outcome.figure("descriptors leaked", "", real(leaked));
    outcome.figure("RSS before", "MiB", real(before.rss) / MEBIBYTE);
    outcome.figure("RSS when all had left", "MiB", real(after.rss) / MEBIBYTE);
    outcome.figure("the server ended within", "s", down.as_secs_f64());
    let played = played.errors.into_iter().map(|(kind, count)| (kind.to_owned(), count));
    let wrong = [
        ("descriptors were leaked", leaked),
        ("the server posted what is no list of the site's", reports.wrong),
        ("messages came or were reported though they had not been taken", verdict.there_though_not_taken),
    ];
    let wrong =
        wrong.into_iter().filter(|(_, count)| *count > 0).map(|(kind, count)| (kind.to_owned(), count));
    for (kind, count) in errors.into_iter().chain(played).chain(wrong) {
        *outcome.errors.entry(kind).or_default() += count;
    }
    outcome
}

fn judge(played: &mut Played, reports: &Reports) -> Verdict {
    let reported: HashSet<u64> = reports.taken.keys().copied().collect();
    let mut verdict = Verdict::default();
    played.books.iter_mut().for_each(|book| verdict.add(&book.verdict(&reported)));
    verdict
}

fn counts(outcome: &mut Outcome, figures: &[(&str, u64)]) {
    for (name, count) in figures {
        outcome.figure(name, "", real(*count));
    }
}

fn tell_of_faults(outcome: &mut Outcome, happened: &Happened, blows: &Blows) {
    for (title, count) in happened.lines() {
        outcome.figure(&format!("fault: {title}"), "", real(count));
    }
    counts(
        outcome,
        &[
            ("fault: stops of the process", blows.stops),
            ("fault: reloads", blows.reloads),
            ("fault: domains that came and were served", blows.guests),
            ("fault: jumps of the wall clock", blows.jumps),
            ("fault: crowds", blows.crowds),
            ("connections of crowds", blows.crowd.came),
            ("of these, refused", blows.crowd.refused),
            ("of these, kept waiting by a full accept queue", blows.crowd.kept_out),
        ],
    );
    outcome.figure("the process was stopped for", "s", real(blows.stopped_ms) / 1e3);
}

fn tell_of_site(outcome: &mut Outcome, reports: &Reports) {
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

fn tell_of_polls(outcome: &mut Outcome, of: &Counts) {
    counts(
        outcome,
        &[
            ("polls answered", of.answers),
            ("sessions that had ended when the user came back", of.ended),
            ("connections closed on readers who stalled for too long", of.given_up),
            ("polls refused for the time being", of.polls_refused),
            ("calls refused for the time being", of.calls_refused),
            ("messages not sent, for they were due while nothing went on", of.skipped),
        ],
    );
}

fn tell_of_messages(outcome: &mut Outcome, verdict: &Verdict, of: &Counts) {
    counts(
        outcome,
        &[
            ("messages sent", verdict.sent),
            ("messages taken for somebody", verdict.taken),
            ("of these, delivered", verdict.delivered),
            ("of these, reported undelivered", verdict.reported),
            ("of these, both, for their acknowledgement may not have come", verdict.both),
            ("messages for nobody", verdict.for_nobody),
            ("messages refused", verdict.refused),
            ("messages whose call was cut", verdict.unknown),
            ("of these, there all the same", verdict.unknown_but_there),
            ("messages read", of.arrivals),
            ("read again on a later page, not acknowledged before", of.again),
            ("copies of one's own", of.copies),
        ],
    );
    outcome.lost += verdict.lost;
    outcome.doubled += of.doubled + verdict.reported_though_known;
}
