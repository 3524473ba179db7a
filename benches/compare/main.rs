//! `cargo compare`: this project beside its peers and its limits, in one table. docs/compare.md says how.
//!
//! * [`peers`], [`limits`], [`scenario`]: the tables of who takes part, and in what
//! * [`rounds`]: the order of everything; [`contest`] makes one contestant ready for a scenario
//! * [`load`], [`connection`], [`script`], [`shape`]: the requests, and the check of every answer
//! * [`server`], [`place`], [`usage`]: processes, folders, and what the kernel says they used
//! * [`growth`], [`seed`]: this project on stores from ten users to a million
//! * [`limit`]: the loops and the route that nothing can be faster than
//! * [`report`], [`table`], [`sample`]: figures

mod connection;
mod contest;
mod failure;
mod growth;
mod limit;
mod limits;
mod load;
mod looped;
mod peer;
mod peers;
mod place;
mod report;
mod rounds;
mod sample;
mod scenario;
mod script;
mod seed;
mod server;
mod shape;
mod table;
mod usage;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    failure::{Doing, Failure},
    place::Place,
    report::Occasion,
    rounds::Plan,
    scenario::Scenario,
};

/// Measures this project beside its peers and its limits, on loopback.
#[derive(Parser)]
#[command(bin_name = "cargo compare")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Install the peers into target/peers first: needs python3 with venv, npm, and the network.
    #[arg(long)]
    install: bool,
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    scenario: Vec<Scenario>,
    /// Only these peers and limits, by their keys.
    #[arg(long, value_delimiter = ',', value_name = "KEYS", visible_alias = "only")]
    peers: Vec<String>,
    /// How often everyone has a turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a turn counts; it runs for a quarter of that before.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Write the table into docs/compare.md too.
    #[arg(long)]
    docs: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Measure this project on stores of several sizes: what each further user costs.
    Growth(growth::Options),
    /// Be a limit; the comparison starts these by itself.
    #[command(hide = true)]
    Limit {
        #[command(subcommand)]
        limit: limit::Command,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A limit's threads are those that its core allows.
    let runtime = tokio::runtime::Runtime::new();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(until_stopped(arguments)),
        Err(error) => Err(Failure(format!("cannot start: {error}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until the end or a signal; whatever was started ends either way.
async fn until_stopped(arguments: Arguments) -> Result<(), Failure> {
    let listen = |kind| signal(kind).doing(|| "cannot listen for signals".to_owned());
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::select! {
        done = run(arguments) => done,
        _ = interrupt.recv() => Err(Failure::new("interrupted")),
        _ = terminate.recv() => Err(Failure::new("terminated")),
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Limit { limit }) = &arguments.command {
        return limit::run(limit).await;
    }
    if let Some(Command::Growth(options)) = &arguments.command {
        return growth::run(options).await;
    }
    check_keys(&arguments.peers)?;
    let occasion = Occasion::now();
    eprintln!("Building auth-server and resource-api …");
    let place = Place::build()?;
    if arguments.install {
        install()?;
    }
    let plan = Plan {
        scenarios: scenarios(&arguments.scenario),
        only: arguments.peers,
        rounds: arguments.rounds.max(1),
        window: Duration::from_secs_f64(arguments.seconds),
    };
    let mut parts = Vec::new();
    for scenario in &plan.scenarios {
        eprintln!("{}", scenario.title());
        parts.push(plan.run(&place, *scenario).await?);
    }
    let rounds = format!("{} rounds of {} s.", plan.rounds, arguments.seconds);
    let text = report::markdown(&occasion, &place, &rounds, &parts);
    println!("{text}");
    report::write(&occasion, &place, "compare", &parts, &text)?;
    if arguments.docs {
        report::publish(&text)?;
    }
    let failed = parts.iter().flat_map(|part| &part.lines).any(|line| line.failure.is_some());
    if failed { Err(Failure::new("someone failed; the table says who")) } else { Ok(()) }
}

fn scenarios(only: &[Scenario]) -> Vec<Scenario> {
    let all = Scenario::value_variants().iter().copied();
    all.filter(|scenario| only.is_empty() || only.contains(scenario)).collect()
}

fn check_keys(keys: &[String]) -> Result<(), Failure> {
    let peers = peers::PEERS.iter().map(|peer| peer.key);
    let known: Vec<&str> = peers.chain(limits::LIMITS.iter().map(|limit| limit.key)).collect();
    match keys.iter().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Failure(format!("there is no {key}; there are {}", known.join(", ")))),
    }
}

fn install() -> Result<(), Failure> {
    let script = place::root().join("benches/compare/install.sh");
    let done = std::process::Command::new(&script).status();
    let done = done.doing(|| script.display().to_string())?;
    if done.success() { Ok(()) } else { Err(Failure::new("the peers cannot be installed")) }
}
