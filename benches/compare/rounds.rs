//! The comparison: every scenario, its contestants in turns.

use std::{path::Path, thread, time::Duration};

use tempfile::TempDir;

use crate::{
    contest::{Contestant, Times},
    failure::Failure,
    limits::LIMITS,
    peer::Peer,
    peers::PEERS,
    place::Place,
    scenario::Scenario,
    server::{self, Server},
    table::{Line, Part, Started},
    usage,
};

/// What to run.
pub(crate) struct Plan {
    /// Which scenarios, in the order of the report.
    pub(crate) scenarios: Vec<Scenario>,
    /// Which contestants, by key; none means all.
    pub(crate) only: Vec<String>,
    /// How many rounds.
    pub(crate) rounds: usize,
    /// How long a round counts.
    pub(crate) window: Duration,
}

/// How long a started program is left alone before its memory is read.
const SETTLE: Duration = Duration::from_millis(500);

impl Plan {
    fn takes_part(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == key)
    }

    fn peers(&self, scenario: Scenario) -> impl Iterator<Item = &'static Peer> {
        PEERS
            .iter()
            .filter(move |peer| peer.scenarios.contains(&scenario) && self.takes_part(peer.key))
    }

    /// Runs one scenario.
    pub(crate) async fn run(&self, place: &Place, scenario: Scenario) -> Result<Part, Failure> {
        let mut part =
            Part { title: scenario.title(), scenario, lines: Vec::new(), starts: Vec::new() };
        if scenario == Scenario::Start {
            self.start(place, &mut part);
            return Ok(part);
        }
        let mut field = Vec::new();
        for peer in self.peers(scenario) {
            let contestant = Contestant::server(place, peer, scenario).await;
            enter(contestant, peer.key, peer.name, &mut field, &mut part.lines);
        }
        for limit in LIMITS {
            if limit.scenarios.contains(&scenario) && self.takes_part(limit.key) {
                let contestant = Contestant::looped(place, limit);
                enter(contestant, limit.key, limit.name, &mut field, &mut part.lines);
            }
        }
        self.play(place, scenario, &mut field, &mut part.lines).await;
        for (line, contestant) in part.lines.iter_mut().zip(field) {
            if let Some(contestant) = contestant {
                line.peak_kib = contestant.peak_kib(scenario);
                contestant.stop();
            }
        }
        Ok(part)
    }

    /// Round after round, everyone once in each. Who fails has its reason in its line, and is out.
    pub(crate) async fn play(
        &self,
        place: &Place,
        scenario: Scenario,
        field: &mut [Option<Contestant>],
        lines: &mut [Line],
    ) {
        let window = self.window * scenario.factor();
        let times = Times { warm_up: self.window / 4, window };
        for round in 0..self.rounds {
            for (entry, line) in field.iter_mut().zip(lines.iter_mut()) {
                let Some(contestant) = entry else { continue };
                match contestant.round(place, scenario, times).await {
                    Ok(sample) => {
                        let rate = sample.rate();
                        eprintln!("  round {}: {rate:9.1}/s  {}", round + 1, contestant.name());
                        line.rounds.push(sample);
                    }
                    Err(failure) => {
                        eprintln!("  {}: {failure}", contestant.key());
                        line.failure = Some(failure.0);
                        *entry = None;
                    }
                }
            }
        }
    }

    /// Starts everyone in turns on data that is there already.
    fn start(&self, place: &Place, part: &mut Part) {
        let mut field = Vec::new();
        for peer in self.peers(Scenario::Start) {
            match prepared(place, peer) {
                Ok(data) => {
                    let programs = peer.programs.iter();
                    let starts = programs.map(|program| Started::of(peer, program.name)).collect();
                    field.push((peer, data, starts));
                }
                Err(failure) => {
                    enter(Err(failure), peer.key, peer.name, &mut Vec::new(), &mut part.lines);
                }
            }
        }
        for _ in 0..self.rounds.max(5) {
            for (peer, data, starts) in &mut field {
                if let Err(failure) = start_once(place, peer, data.path(), starts) {
                    enter(Err(failure), peer.key, peer.name, &mut Vec::new(), &mut part.lines);
                }
            }
        }
        part.starts = field.into_iter().flat_map(|(_, _, starts)| starts).collect();
    }
}

/// A folder with what the first start leaves there.
fn prepared(place: &Place, peer: &'static Peer) -> Result<TempDir, Failure> {
    let data = place.folder()?;
    server::prepare(place, peer, data.path())?;
    Server::start_on(place, peer, data.path(), None)?.stop();
    Ok(data)
}

/// Starts each program once, and writes down how long it took and what it holds a moment after.
fn start_once(
    place: &Place,
    peer: &'static Peer,
    data: &Path,
    starts: &mut Vec<Started>,
) -> Result<(), Failure> {
    let server = Server::start_on(place, peer, data, None)?;
    thread::sleep(SETTLE);
    for (running, line) in server.programs().iter().zip(starts) {
        line.milliseconds.push(running.started_in.as_secs_f64() * 1000.0);
        line.idle_kib = usage::resident_kib(&[running.pid()]);
    }
    server.stop();
    Ok(())
}

impl Started {
    fn of(peer: &Peer, program: &str) -> Self {
        let alone = peer.programs.len() == 1;
        let name = if alone { peer.name.to_owned() } else { format!("{}: {program}", peer.name) };
        Self { key: peer.key, name, milliseconds: Vec::new(), idle_kib: 0 }
    }
}

/// Adds one to the field, or the reason why it is not there to the report.
pub(crate) fn enter(
    contestant: Result<Contestant, Failure>,
    key: &'static str,
    name: &str,
    field: &mut Vec<Option<Contestant>>,
    lines: &mut Vec<Line>,
) {
    let failure = contestant.as_ref().err().map(|failure| failure.0.clone());
    if let Some(failure) = &failure {
        eprintln!("  {key}: {failure}");
    }
    let name = name.to_owned();
    lines.push(Line { key, name, rounds: Vec::new(), peak_kib: 0, failure });
    field.push(contestant.ok());
}
