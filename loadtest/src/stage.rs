//! A stage: a server, the generator before it, and what is done there, step by step.
//!
//! Owns: the measuring around each step. Must not: decide which steps there are; `scenarios.rs` and `compare.rs` do.
//! Server CPU is that of all its processes over a step, so it includes polls that are made meanwhile.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::load::population::Population;
use nextim_testkit::load::wire::Requests;

use crate::callgrind::Callgrind;
use crate::dialect::Dialect;
use crate::generator::tally::Tally;
use crate::generator::task::{Order, Pace, Reach, Task};
use crate::generator::{Fleet, Setup};
use crate::measure::{Memory, cpu, kernel_share, machine_busy};
use crate::nchan::wire::Channels;
use crate::number::{ratio, real};
use crate::outcome::{Latency, Outcome, name_of};
use crate::scenario::Name;
use crate::settings::Kind;
use crate::settings::Settings;
use crate::target::Target;

/// How long to wait for what is on its way at the end of a step, in seconds.
const PATIENCE: f64 = 15.0;
/// Users that come online in a second at the very least, for deadlines.
const PARKS_PER_SECOND: f64 = 400.0;
/// How many times longer a server may take whose instructions are counted.
const COUNTED_SLOWNESS: f64 = 10.0;
/// How long a user whose last page was left is still one of the server's, and a little more, in seconds.
const LINGER_SECONDS: f64 = 9.0;
/// A generator that is busy for more than this share of its time may be what is slow.
const BUSY: f64 = 0.9;

/// If others use more than this share of the machine, they take part in what is measured.
const OTHERS: f64 = 0.1;
/// Steps shorter than this, in seconds, say nothing of others: the kernel counts too coarsely.
const OTHERS_SECONDS: f64 = 1.0;

/// A server and the generator.
pub(crate) struct Stage {
    // The generator goes first when this is dropped: users do not see the server die.
    fleet: Fleet,
    pub(crate) target: Target,
    pub(crate) outcome: Outcome,
    settings: Settings,
    before: Memory,
    watched: bool,
    /// The most processors that others used, by step.
    others: BTreeMap<String, f64>,
    /// How many broadcasts there were: each has a number of its own.
    broadcasts: u32,
    /// Between whom messages go.
    reach: Reach,
}

/// What one step found.
pub(crate) struct Step {
    /// What the generator counted.
    pub(crate) tally: Tally,
    /// CPU time of the server, in microseconds.
    pub(crate) server_cpu: Option<f64>,
    /// CPU time of the broker of a cluster, in microseconds.
    pub(crate) broker_cpu: f64,
    /// Instructions of the server outside the kernel; 0 if they are not counted.
    pub(crate) instructions: u64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

impl Stage {
    /// Starts a server, or takes the one that runs, and the generator. Nobody is online yet.
    pub(crate) fn open(settings: &Settings, title: &str, kind: Kind) -> Result<Stage, Box<dyn Error>> {
        let target = if !settings.addresses.is_empty() {
            let (addresses, nodes) = (settings.addresses.clone(), settings.node_urls.clone());
            Target::running(addresses, &settings.server_processes, nodes)
        } else if settings.nodes > 0 {
            Target::start_nodes(settings)?
        } else {
            Target::start(kind, settings)?
        };
        let host = target.addresses.first().ok_or("the server listens nowhere")?.to_string();
        let dialect = match kind {
            Kind::Nextim | Kind::Floor => {
                let requests = Requests::new(&host, &settings.domain, &settings.apikey, settings.with_seq);
                let requests = if target.nodes.is_empty() && settings.scenario != Name::Cluster {
                    requests.with_new_pages()
                } else {
                    requests.with_only_new_pages()
                };
                Dialect::Nextim(if settings.scenario == Name::Instructions {
                    requests.with_heads()
                } else {
                    requests
                })
            }
            Kind::Nchan => Dialect::Nchan(Channels::new(&host)),
        };
        let population = Population {
            users: settings.users,
            buddies: settings.buddies,
            room_size: settings.room_size,
            parts: settings.threads,
        };
        let callers = settings.concurrency.div_ceil(settings.threads);
        let setup = Setup::new(population, target.addresses.clone(), dialect, callers);
        let setup = setup.of_nodes(target.nodes.clone());
        let fleet = Fleet::start(setup.by(settings.transport))?;
        let mut outcome = Outcome {
            scenario: title.to_owned(),
            target: target.name.to_owned(),
            shards: target.shards,
            users: settings.users.into(),
            buddies: settings.buddies.into(),
            room_size: settings.room_size.into(),
            concurrency: settings.concurrency.into(),
            rate: settings.rate,
            seconds: settings.seconds,
            with_seq: settings.with_seq,
            transport: name_of(settings.transport).to_owned(),
            generator_threads: fleet.threads() as u64,
            ..Outcome::default()
        };
        if let processes @ 2.. = target.processes.len() {
            outcome.note(format!(
                "memory is the sum of {processes} processes; RSS counts what they share in each of them, PSS once"
            ));
        }
        let before = Memory::of(&target.processes);
        let watched = settings.progress || std::io::stderr().is_terminal();
        Ok(Stage {
            fleet,
            target,
            outcome,
            settings: settings.clone(),
            before,
            watched,
            others: BTreeMap::new(),
            broadcasts: 0,
            reach: Reach::Any,
        })
    }

    /// All users come online and poll.
    pub(crate) fn park(&mut self) -> Result<Step, Box<dyn Error>> {
        let at_once = self.settings.concurrency.min(64).div_ceil(self.settings.threads);
        self.step("park", Task::Park(at_once), 0.0)
    }

    /// Sends messages, at this pace of all threads together.
    pub(crate) fn messages(&mut self, pace: Pace, rooms: bool, seconds: f64) -> Result<Step, Box<dyn Error>> {
        let threads = self.settings.threads;
        let pace = match pace {
            Pace::Open(rate) => Pace::Open(rate / f64::from(threads)),
            Pace::Closed(in_flight) => Pace::Closed(in_flight.div_ceil(threads)),
        };
        self.step(if rooms { "room" } else { "route" }, Task::Messages { pace, rooms }, seconds)
    }

    /// Sends one broadcast, and waits until all have it. Meanwhile there may be messages at a rate.
    pub(crate) fn broadcast(&mut self, rate: Option<f64>) -> Result<Step, Box<dyn Error>> {
        let rate = rate.map(|rate| rate / f64::from(self.settings.threads));
        self.broadcasts += 1;
        self.step("broadcast", Task::Broadcast { number: self.broadcasts, sends: false, rate }, 0.0)
    }

    /// Lets everybody poll twice more, because a server may move a connection that polls for a user of another shard: on a
    /// site, that is over within a minute after a page was opened.
    pub(crate) fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        for _ in 0..2 {
            self.broadcast(None)?;
            self.quiet();
        }
        Ok(())
    }

    /// Users log out and come back.
    pub(crate) fn churn(&mut self, seconds: f64) -> Result<Step, Box<dyn Error>> {
        let at_once = self.settings.concurrency.div_ceil(self.settings.threads);
        self.step("churn", Task::Churn(at_once), seconds)
    }

    /// All users come back.
    pub(crate) fn storm(&mut self) -> Result<Step, Box<dyn Error>> {
        let at_once = self.settings.concurrency.div_ceil(self.settings.threads);
        self.step("storm", Task::Storm(at_once), 0.0)
    }

    /// All users leave their pages and close their browsers. Returns when the server has removed all of them.
    pub(crate) fn leave(&mut self) -> Result<Step, Box<dyn Error>> {
        let at_once = self.settings.concurrency.div_ceil(self.settings.threads);
        let step = self.step("leave", Task::Leave(at_once), 0.0)?;
        self.step("linger", Task::Idle, LINGER_SECONDS)?;
        self.quiet();
        Ok(step)
    }

    /// Nothing but polls.
    pub(crate) fn idle(&mut self, seconds: f64) -> Result<Step, Box<dyn Error>> {
        self.step("idle", Task::Idle, seconds)
    }

    fn step(&mut self, title: &str, task: Task, seconds: f64) -> Result<Step, Box<dyn Error>> {
        let slowness = if self.target.callgrind.is_some() { COUNTED_SLOWNESS } else { 1.0 };
        let patience = (PATIENCE + f64::from(self.settings.users) / PARKS_PER_SECOND) * slowness;
        let broker_before = self.broker_cpu_us();
        let (before, busy_before) = (cpu(&self.target.processes), machine_busy());
        let began = Instant::now();
        let line = format!("{} {} {title}", self.outcome.target, self.outcome.scenario);
        let watched = self.watched;
        let mut watch = |parked: u64| {
            if watched {
                say(&format!("{line}: {:.0} s, {parked} parked", began.elapsed().as_secs_f64()));
            }
        };
        if let Some(callgrind) = &self.target.callgrind {
            callgrind.begin()?;
        }
        let tally = self.fleet.perform(Order { task, reach: self.reach, seconds, patience }, &mut watch)?;
        if watched {
            say("");
        }
        let instructions = self.target.callgrind.as_mut().map_or(Ok(0), Callgrind::count)?;
        let server_cpu =
            before.and_then(|before| Some(real(cpu(&self.target.processes)?.saturating_sub(before)) / 1e3));
        let broker_cpu = self.broker_cpu_us() - broker_before;
        let seconds = real(tally.took) / 1e9;
        if let Some(server_cpu) = server_cpu.filter(|_| seconds >= OTHERS_SECONDS) {
            let busy = real(machine_busy().saturating_sub(busy_before))
                - real(tally.cpu)
                - (server_cpu + broker_cpu) * 1e3;
            self.judge_others(title, busy / began.elapsed().as_secs_f64() / 1e9);
        }
        self.judge(title, &tally);
        Ok(Step { tally, server_cpu, broker_cpu, instructions, seconds })
    }

    /// Puts down what went wrong, and whether the generator was what was slow.
    fn judge(&mut self, title: &str, tally: &Tally) {
        self.outcome.lost += tally.lost;
        self.outcome.doubled += tally.doubled;
        for (kind, count) in &tally.errors {
            *self.outcome.errors.entry((*kind).to_owned()).or_default() += count;
        }
        if tally.late {
            *self.outcome.errors.entry(format!("{title} was not finished in time")).or_default() += 1;
        }
        let share = ratio(real(tally.cpu), real(tally.took) * f64::from(self.settings.threads));
        self.outcome.figure_max(&format!("generator CPU share ({title})"), "%", share * 100.0);
        if share > BUSY {
            let note =
                format!("{title}: the generator was the bottleneck, busy for more than 90 % of its time");
            self.outcome.note(note);
        }
    }

    /// Puts down whether others kept the machine busy, given how many processors they used. Of steps of one title, such
    /// as those of a soak, the worst is told.
    fn judge_others(&mut self, title: &str, processors: f64) {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| real(cores.get() as u64));
        let most = self.others.entry(title.to_owned()).or_default();
        if processors / cores > OTHERS && processors > *most {
            let note = |used: f64| {
                format!("{title}: other processes used up to {used:.1} of the machine's {cores} cores")
            };
            let known = note(std::mem::replace(most, processors));
            self.outcome.notes.retain(|told| *told != known);
            self.outcome.note(note(processors));
        }
    }

    /// Waits until the server rests: until it uses less than a tenth of a processor. Returns how long that took, in
    /// seconds, and the CPU time it used, in microseconds.
    pub(crate) fn quiet(&self) -> (f64, f64) {
        let (began, start) = (Instant::now(), self.cpu_us());
        let mut last = start;
        for _ in 0..500 {
            thread::sleep(Duration::from_millis(20));
            let now = self.cpu_us();
            if now - last < 2_000.0 {
                return ((began.elapsed().as_secs_f64() - 0.02).max(0.0), now - start);
            }
            last = now;
        }
        (began.elapsed().as_secs_f64(), last - start)
    }

    /// CPU time of the broker of a cluster so far, in microseconds.
    fn broker_cpu_us(&self) -> f64 {
        self.target.broker.and_then(|broker| cpu(&[broker])).map_or(0.0, |time| real(time) / 1e3)
    }

    /// From now on messages go between such users, and users who come back name such buddies.
    pub(crate) fn reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    fn cpu_us(&self) -> f64 {
        cpu(&self.target.processes).map_or(0.0, |time| real(time) / 1e3)
    }

    /// Memory of the server now, and by how much it has grown since nobody was online.
    pub(crate) fn memory(&self) -> (Memory, Memory) {
        let now = Memory::of(&self.target.processes);
        (now, now.since(&self.before))
    }

    /// Puts down a latency, if there is one.
    pub(crate) fn latency(&mut self, name: &str, histogram: &hdrhistogram::Histogram<u64>) {
        if !histogram.is_empty() {
            self.outcome.latencies.push(Latency::of(name, histogram));
        }
    }

    /// Waits for what may come twice, and ends the server.
    pub(crate) fn close(mut self) -> Result<Outcome, Box<dyn Error>> {
        let fleet_cpu = self.outcome.figures.len();
        self.step("end", Task::Idle, 0.3)?;
        self.outcome.figures.truncate(fleet_cpu);
        if let Some(share) = kernel_share(&self.target.processes) {
            self.outcome.figure("server CPU spent in the kernel", "%", share * 100.0);
        }
        Ok(self.outcome)
    }
}

/// Prints a line on stderr that the next one replaces. Nobody has to read it.
pub(crate) fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let replace = if stderr.is_terminal() { "\r\x1b[K" } else { "" };
    let end = if stderr.is_terminal() || line.is_empty() { "" } else { "\n" };
    write!(stderr, "{replace}{line}{end}").and_then(|()| stderr.flush()).ok();
}
