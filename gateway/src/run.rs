//! The gateway in its surroundings.
//!
//! Owns: the clock, the tasks, and the way of values between the core and them. Must not: decide anything that the core
//! can decide.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_xmpp::Stanza;

use crate::config::Config;
use crate::core::{Core, Input, Link, Output};
use crate::http::{Http, Site};
use crate::limits::{DRAIN, INPUTS_A_TURN, INPUTS_WAITING_MAX};
use crate::link::{self, Order, Settings};
use crate::polls::Polls;
use crate::stats::Stats;

/// What the operator asks for.
#[derive(Debug)]
pub enum Wish {
    /// Use these settings.
    Reload(Box<Config>),
    /// End: finish what has begun, and log nobody out.
    End,
}

/// A gateway that runs.
#[derive(Debug)]
struct Gateway {
    core: Core,
    began: Instant,
    http: Http,
    site: Arc<Site>,
    secret: watch::Sender<String>,
    links: [mpsc::UnboundedSender<Order>; 2],
    inputs: mpsc::Sender<Input>,
    polls: Polls,
    stats: Arc<Stats>,
    counted: Option<Instant>,
}

/// Runs a gateway until it is asked to end. `boot` is a word that no former process had.
pub async fn run(
    config: &Config,
    boot: String,
    stats: Arc<Stats>,
    mut wishes: mpsc::Receiver<Wish>,
) -> Result<(), String> {
    let (inputs, mut taken) = mpsc::channel(INPUTS_WAITING_MAX);
    let (secret, secret_seen) = watch::channel(config.secret.clone());
    let mut held = Vec::new();
    let links = Link::ALL.map(|link| {
        let domain = match link {
            Link::Users => &config.domains.users,
            Link::Rooms => &config.domains.rooms,
        };
        let settings = Settings {
            server: config.server.clone(),
            domain: domain.to_string(),
            secret: secret_seen.clone(),
        };
        let (orders, ordered) = mpsc::unbounded_channel();
        held.push(tokio::spawn(link::hold(link, settings, inputs.clone(), ordered, Arc::clone(&stats))));
        orders
    });
    let mut gateway = Gateway {
        core: Core::new(config.domains.clone(), boot),
        began: Instant::now(),
        http: Http::new()?,
        site: Arc::new(Site::of(config)?),
        secret,
        links,
        inputs,
        polls: Polls::default(),
        stats,
        counted: None,
    };
    loop {
        let deadline = gateway.deadline();
        tokio::select! {
            input = taken.recv() => match input {
                Some(input) => gateway.turn(input, &mut taken),
                None => break,
            },
            () = tokio::time::sleep_until(deadline) => gateway.turn(Input::Tick, &mut taken),
            wish = wishes.recv() => match wish {
                Some(Wish::Reload(newer)) => gateway.reload(config, &newer),
                Some(Wish::End) | None => break,
            },
        }
    }
    gateway.drain(&mut taken).await;
    for link in held {
        // A link that failed has nothing left to end.
        drop(tokio::time::timeout(DRAIN, link).await);
    }
    Ok(())
}

impl Gateway {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn deadline(&self) -> Instant {
        // A time in milliseconds is over when the next one has begun.
        let ms = self.core.deadline().map_or(3_600_000, |at| at + 1);
        self.began + Duration::from_millis(ms)
    }

    /// Takes an input and those that wait behind it, and then pings for all that they have caused.
    fn turn(&mut self, first: Input, taken: &mut mpsc::Receiver<Input>) {
        let mut outputs = Vec::new();
        let now = self.now();
        let mut next = Some(first);
        let mut left = INPUTS_A_TURN;
        while let Some(input) = next {
            self.count(&input);
            if let Input::Polled(member, session, _) = &input {
                self.polls.ended(member, *session);
            }
            self.core.handle(input, now, &mut outputs);
            left -= 1;
            next = if left > 0 { taken.try_recv().ok() } else { None };
        }
        self.core.end_turn(now, &mut outputs);
        for output in outputs {
            self.carry_out(output);
        }
        if self.counted.is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
            self.counted = Some(Instant::now());
            let (members, resources) = self.core.sizes();
            self.stats.set("nextim_xmpp_members", "", members as u64);
            self.stats.set("nextim_xmpp_resources", "", resources as u64);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Send(link, stanza) => {
                self.count_stanza(&stanza, "out");
                self.order(link, Order::Send(Box::new(stanza)));
            }
            Output::Restart(link) => self.order(link, Order::Restart),
            Output::Call(number, call) => {
                let (http, site, stats) =
                    (self.http.clone(), Arc::clone(&self.site), Arc::clone(&self.stats));
                let inputs = self.inputs.clone();
                tokio::spawn(async move {
                    let answer = http.call(&site, &call, &stats).await;
                    // Nobody waits for it any more if the gateway has ended.
                    drop(inputs.send(Input::Answer(number, answer)).await);
                });
            }
            Output::Poll { member, session, server, ticket, seq } => {
                let (http, site, inputs) = (self.http.clone(), Arc::clone(&self.site), self.inputs.clone());
                let name = member.clone();
                let poll = tokio::spawn(async move {
                    let end = http.poll(&site, &server, &ticket, seq).await;
                    drop(inputs.send(Input::Polled(name, session, end)).await);
                });
                self.polls.begun(member, session, poll.abort_handle());
            }
            Output::StopPoll(member) => self.polls.stop(&member),
            Output::Count(name, labels) => self.stats.add(name, labels, 1),
        }
    }

    fn order(&self, link: Link, order: Order) {
        // A link ends only with the gateway.
        drop(self.links[link as usize].send(order));
    }

    fn count(&self, input: &Input) {
        if let Input::Stanza(_, stanza) | Input::TooLong(_, stanza) = input {
            self.count_stanza(stanza, "in");
        }
    }

    fn count_stanza(&self, stanza: &Stanza, dir: &str) {
        let kind = match stanza {
            Stanza::Iq(_) => "iq",
            Stanza::Message(_) => "message",
            Stanza::Presence(_) => "presence",
        };
        self.stats.add("nextim_xmpp_stanzas_total", &format!("kind=\"{kind}\",dir=\"{dir}\""), 1);
    }

    fn reload(&mut self, config: &Config, newer: &Config) {
        match Site::of(newer) {
            Ok(site) => self.site = Arc::new(site),
            Err(error) => return log::error!("reload: {error}; nothing is changed"),
        }
        self.secret.send_replace(newer.secret.clone());
        if config.needs_restart(newer) {
            log::warn!("reload: server, domains and admin_listen change with a restart only");
        }
        log::info!("reloaded");
    }

    /// Polls end, and calls that have begun are finished. Sessions stay: another gateway, or this one, comes back to them.
    async fn drain(&mut self, taken: &mut mpsc::Receiver<Input>) {
        self.polls.stop_all();
        let until = Instant::now() + DRAIN;
        while self.core.is_waiting() {
            match tokio::time::timeout_at(until, taken.recv()).await {
                Ok(Some(input)) => self.turn(input, taken),
                Ok(None) | Err(_) => break,
            }
        }
        self.polls.stop_all();
        taken.close();
        for link in Link::ALL {
            self.order(link, Order::End);
        }
    }
}
