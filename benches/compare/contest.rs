//! Who takes part in a scenario, made ready for its rounds.

use std::{net::SocketAddr, time::Duration};

use tempfile::TempDir;

use crate::{
    connection::{Answer, Connection},
    failure::{Doing, Failure},
    limits::Limit,
    load::{Load, Worker},
    looped::Looped,
    peer::{Peer, Requests},
    place::Place,
    sample::Sample,
    scenario::{BREATH, FLOOD, Scenario},
    script::{self, Script},
    server::{Group, Server},
    shape::Shape,
    usage,
};

/// The core of the server and the one of the load, where they do not share.
pub(crate) const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

/// What a read has to hold.
const WHO: &str = "johndoe";

/// How long a round runs.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) window: Duration,
}

/// One that takes part.
pub(crate) enum Contestant {
    /// A server under load, with the connections between two rounds.
    Server { peer: &'static Peer, name: String, server: Server, workers: Vec<Worker> },
    /// A loop, with a folder and the most memory that it had.
    Loop { limit: &'static Limit, data: TempDir, peak_kib: u64 },
}

impl Contestant {
    /// Starts a server and gives each connection what it needs: a token, or a chain's first one.
    pub(crate) async fn server(
        place: &Place,
        peer: &'static Peer,
        scenario: Scenario,
    ) -> Result<Self, Failure> {
        let core = scenario.splits_cores().then_some(SERVER_CORE);
        let server = Server::start(place, peer, core)?;
        let workers = workers(&server, peer, scenario).await.doing(|| peer.key.to_owned())?;
        let name = peer.name.to_owned();
        Ok(Self::Server { peer, name, server, workers })
    }

    /// Makes a loop ready.
    pub(crate) fn looped(place: &Place, limit: &'static Limit) -> Result<Self, Failure> {
        Ok(Self::Loop { limit, data: place.folder()?, peak_kib: 0 })
    }

    /// What the table calls it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Server { name, .. } => name,
            Self::Loop { limit, .. } => limit.name,
        }
    }

    /// What the command line calls it.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Server { peer, .. } => peer.key,
            Self::Loop { limit, .. } => limit.key,
        }
    }

    /// One round.
    pub(crate) async fn round(
        &mut self,
        place: &Place,
        scenario: Scenario,
        times: Times,
    ) -> Result<Sample, Failure> {
        match self {
            Self::Server { peer, server, workers, .. } => {
                let load = Load {
                    workers: std::mem::take(workers),
                    warm_up: times.warm_up,
                    window: times.window,
                    core: scenario.splits_cores().then_some(LOAD_CORE),
                    watch: pids(server, peer, scenario),
                };
                let (sample, back) = load.run().await?;
                *workers = back;
                Ok(sample)
            }
            Self::Loop { limit, data, peak_kib } => {
                let looped = run_loop(place, limit, data, scenario, times.window)?;
                *peak_kib = looped.peak_kib.max(*peak_kib);
                Ok(looped.sample)
            }
        }
    }

    /// The most memory that it had.
    pub(crate) fn peak_kib(&self, scenario: Scenario) -> u64 {
        match self {
            Self::Server { peer, server, .. } => usage::peak_kib(&pids(server, peer, scenario)),
            Self::Loop { peak_kib, .. } => *peak_kib,
        }
    }

    /// Stops it.
    pub(crate) fn stop(self) {
        if let Self::Server { server, .. } = self {
            server.stop();
        }
    }
}

fn pids(server: &Server, peer: &Peer, scenario: Scenario) -> Vec<u32> {
    server.programs()[peer.loaded(scenario)].iter().map(crate::server::Running::pid).collect()
}

async fn workers(server: &Server, peer: &Peer, scenario: Scenario) -> Result<Vec<Worker>, Failure> {
    let requests = &peer.requests;
    let issuer = server.issuer().address;
    let count = scenario.connections();
    Ok(match scenario {
        Scenario::Password1 | Scenario::Password4 | Scenario::Password32 => {
            logins(issuer, known(requests.password)?, count).collect()
        }
        Scenario::Client => logins(issuer, known(requests.client)?, count).collect(),
        Scenario::Refresh => chains(issuer, requests, count).await?,
        Scenario::Read | Scenario::BadToken => readers(server, requests, scenario).await?,
        Scenario::Flood => {
            let readers = readers(server, requests, scenario).await?.into_iter();
            let flood = logins(issuer, known(requests.password)?, FLOOD);
            readers
                .map(|worker| Worker { pause: BREATH, ..worker })
                .chain(flood.map(|worker| Worker { counted: false, ..worker }))
                .collect()
        }
        Scenario::Start => Vec::new(),
    })
}

/// Each with a login of its own to begin with.
async fn chains(
    issuer: SocketAddr,
    requests: &Requests,
    count: usize,
) -> Result<Vec<Worker>, Failure> {
    let (password, refresh) = (known(requests.password)?, known(requests.refresh)?);
    let mut workers = Vec::new();
    for _ in 0..count {
        let (_, token) = issue(issuer, password, "").await?;
        workers.push(worker(issuer, Script::chain(refresh, &issuer.to_string(), &token)));
    }
    Ok(workers)
}

/// All with the same token.
async fn readers(
    server: &Server,
    requests: &Requests,
    scenario: Scenario,
) -> Result<Vec<Worker>, Failure> {
    let token = match requests.password {
        Some(shape) => issue(server.issuer().address, shape, "").await?.0,
        None => "none.is-asked.for".to_owned(),
    };
    let bad = scenario == Scenario::BadToken;
    let token = if bad { spoilt(&token) } else { token };
    let (status, holds) = if bad { (requests.refusal, "") } else { (200, WHO) };
    let (shape, address) = (known(requests.read)?, server.resource().address);
    let script = || Script::text(shape, &address.to_string(), &token, status, holds);
    Ok((0..scenario.connections()).map(|_| worker(address, script())).collect())
}

fn known(shape: Option<Shape>) -> Result<Shape, Failure> {
    shape.ok_or_else(|| Failure::new("the table of peers has no such request"))
}

pub(crate) fn worker(address: SocketAddr, script: Script) -> Worker {
    Worker { address, script, pause: Duration::ZERO, counted: true }
}

fn logins(address: SocketAddr, shape: Shape, count: usize) -> impl Iterator<Item = Worker> {
    (0..count).map(move |_| worker(address, Script::token(shape, &address.to_string())))
}

/// The access token and the refresh token that a request gives.
pub(crate) async fn issue(
    address: SocketAddr,
    shape: Shape,
    token: &str,
) -> Result<(String, String), Failure> {
    let mut answer = Answer::default();
    let request = shape.request(&address.to_string(), token);
    Connection::new(address).exchange(&request, &mut answer).await?;
    script::issued(&answer)
}

/// The token with another letter near its end, where a JWT has its signature.
fn spoilt(token: &str) -> String {
    let at = token.len().saturating_sub(10);
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

fn run_loop(
    place: &Place,
    limit: &Limit,
    data: &TempDir,
    scenario: Scenario,
    window: Duration,
) -> Result<Looped, Failure> {
    let folder = tempfile::tempdir_in(data).doing(|| data.path().display().to_string())?;
    let words = place.words(folder.path(), &[]);
    let seconds = window.as_secs_f64().to_string();
    let mut line = std::process::Command::new("taskset");
    line.args(["-c", if scenario.splits_cores() { "0" } else { "0,1" }]);
    line.arg(place.compare()).arg("limit");
    line.args(limit.words.iter().map(|word| words.fill(word).replace("{seconds}", &seconds)));
    let log = place.work().join(format!("{}.log", limit.key));
    Group::spawn(&mut line, &log)?.finish(limit.key)?;
    let said = std::fs::read_to_string(&log).doing(|| log.display().to_string())?;
    serde_json::from_str(&said).doing(|| format!("{}: {said}", limit.key))
}
