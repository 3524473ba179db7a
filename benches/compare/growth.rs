//! What growth costs: the same requests to this project on stores from ten users to a million.

use std::{path::PathBuf, time::Duration, time::Instant};

use scopegate_core::clock::{Clock, SystemClock};
use scopegate_store::{
    Store, StoreError, StoreOptions, Synchronous,
    bench::{self, Filling},
    sqlite_url,
};
use tempfile::TempDir;

use crate::{
    contest::{Contestant, SERVER_CORE, issue, worker},
    failure::{Doing, Failure},
    load::Worker,
    peers::PEERS,
    place::Place,
    report::{self, Occasion},
    rounds::{Plan, enter},
    scenario::Scenario,
    script::Script,
    seed,
    server::Server,
    shape::Shape,
    table::Part,
};

/// What is asked of each store.
const SCENARIOS: &[Scenario] =
    &[Scenario::Password1, Scenario::Client, Scenario::Refresh, Scenario::Read];

/// Refresh tokens of each family: a million users have ten million.
const TOKENS_PER_FAMILY: u64 = 10;

/// Users whose turn it is again and again, spread over all of them.
const ACTIVE: u64 = 512;

const PASSWORD: Shape = Shape::post(
    "/token",
    "grant_type=password&username=user{token}&password=secret&scope=me&client_id=first-party",
);
const CLIENT: Shape = Shape::post(
    "/token",
    "grant_type=client_credentials&client_id=client{token}\
     &client_secret=bench-secret-that-has-32-characters",
);
const REFRESH: Shape =
    Shape::post("/token", "grant_type=refresh_token&refresh_token={token}&client_id=first-party");

/// The password `secret`, and the client secret of the shape above.
const HASH: &str = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";
const SECRET: &str = "bench-secret-that-has-32-characters";

/// The flags of `cargo compare growth`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many users; one who has none needs a page of disk for each few, 1000000 take 5 GB.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100_000, 1_000_000])]
    users: Vec<u64>,
    /// How often every store has a turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a turn counts.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// A store of one size.
struct Grown {
    users: u64,
    name: String,
    data: TempDir,
}

/// Makes the stores, asks them in turns, and prints one table for each scenario.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let occasion = Occasion::now();
    eprintln!("Building auth-server and resource-api …");
    let place = Place::build()?;
    let mut stores = Vec::new();
    for users in &options.users {
        stores.push(Grown::make(&place, *users).await?);
    }
    let plan = Plan {
        scenarios: SCENARIOS.to_vec(),
        only: Vec::new(),
        rounds: options.rounds.max(1),
        window: Duration::from_secs_f64(options.seconds),
    };
    let mut parts = Vec::new();
    for scenario in SCENARIOS {
        eprintln!("{}", scenario.title());
        parts.push(measure(&place, &plan, &stores, *scenario).await);
    }
    let rounds = format!("{} rounds of {} s.", plan.rounds, options.seconds);
    let text = report::markdown(&occasion, &place, &rounds, &parts);
    println!("{text}");
    report::write(&occasion, &place, "growth", &parts, &text)
}

async fn measure(place: &Place, plan: &Plan, stores: &[Grown], scenario: Scenario) -> Part {
    let mut part =
        Part { title: scenario.title(), scenario, lines: Vec::new(), starts: Vec::new() };
    let mut field = Vec::new();
    for store in stores {
        let contestant = store.contestant(place, scenario).await;
        enter(contestant, "scopegate", &store.name, &mut field, &mut part.lines);
    }
    plan.play(place, scenario, &mut field, &mut part.lines).await;
    for (line, contestant) in part.lines.iter_mut().zip(field) {
        if let Some(contestant) = contestant {
            line.peak_kib = contestant.peak_kib(scenario);
            contestant.stop();
        }
    }
    part
}

impl Grown {
    /// A store as auth-server makes it, and then so many users.
    async fn make(place: &Place, users: u64) -> Result<Self, Failure> {
        let data = place.folder()?;
        Server::start_on(place, &PEERS[0], data.path(), None)?.stop();
        let name = format!("{users} users, {} refresh tokens", users * TOKENS_PER_FAMILY);
        let store = Self { users, name, data };
        let began = Instant::now();
        let filling = Filling {
            users,
            password_hash: HASH.to_owned(),
            families: users,
            tokens_per_family: TOKENS_PER_FAMILY,
            clients: store.clients(),
            secret_sha256: seed::sha256_hex(SECRET),
            scopes: users.clamp(10, 200),
            now: SystemClock.now(),
        };
        bench::fill(&store.file(), &filling).await.doing(|| store.name.clone())?;
        eprintln!("  {} made in {:.1} s", store.name, began.elapsed().as_secs_f64());
        Ok(store)
    }

    fn clients(&self) -> u64 {
        self.users.clamp(10, 1000)
    }

    fn file(&self) -> PathBuf {
        self.data.path().join("shared/scopegate.db")
    }

    /// Users spread over all of them, the same number whatever the size.
    fn active(&self) -> impl Iterator<Item = u64> {
        let users = self.users;
        (0..ACTIVE)
            .map(move |turn| if users < ACTIVE { turn % users } else { turn * (users / ACTIVE) })
    }

    /// The server on this store with its connections.
    async fn contestant(&self, place: &Place, scenario: Scenario) -> Result<Contestant, Failure> {
        let refreshes = self.add_families(scenario).await.doing(|| self.name.clone())?;
        let core = scenario.splits_cores().then_some(SERVER_CORE);
        let peer = &PEERS[0];
        let server = Server::start_on(place, peer, self.data.path(), core)?;
        let workers = self.workers(&server, scenario, &refreshes).await?;
        Ok(Contestant::Server { peer, name: self.name.clone(), server, workers })
    }

    /// A family for each active user, whose refresh token is known.
    async fn add_families(&self, scenario: Scenario) -> Result<Vec<String>, StoreError> {
        let url = sqlite_url(&self.file());
        let store = Store::open(&StoreOptions { url, synchronous: Synchronous::Normal }).await?;
        let mut tokens = Vec::new();
        for (turn, user) in self.active().enumerate() {
            let token = format!("{scenario:?}-{turn}");
            seed::family(&store, &format!("user{user}"), seed::digest(&token)).await?;
            tokens.push(token);
        }
        store.close().await;
        Ok(tokens)
    }

    async fn workers(
        &self,
        server: &Server,
        scenario: Scenario,
        refreshes: &[String],
    ) -> Result<Vec<Worker>, Failure> {
        let (issuer, resource) = (server.issuer().address, server.resource().address);
        let host = issuer.to_string();
        let count = scenario.connections();
        let part = refreshes.len() / count;
        let scripts: Vec<Script> = match scenario {
            Scenario::Client => {
                let clients: Vec<String> = (0..self.clients()).map(|id| id.to_string()).collect();
                let script = |at| Script::token(CLIENT, &host).in_turn(&clients, at * part);
                (0..count).map(script).collect()
            }
            Scenario::Refresh => refreshes
                .iter()
                .step_by(part)
                .map(|token| Script::chain(REFRESH, &host, token))
                .collect(),
            Scenario::Read => {
                let mut tokens = Vec::new();
                for refresh in refreshes {
                    tokens.push(issue(issuer, REFRESH, refresh).await?.0);
                }
                let shape = Shape::get_with_token("/users/me/");
                let host = resource.to_string();
                let script = |at| {
                    Script::text(shape, &host, "", 200, "\"username\":\"user")
                        .in_turn(&tokens, at * part)
                };
                (0..count).map(script).collect()
            }
            _ => {
                let users: Vec<String> = self.active().map(|user| user.to_string()).collect();
                vec![Script::token(PASSWORD, &host).in_turn(&users, 0)]
            }
        };
        let address = if scenario == Scenario::Read { resource } else { issuer };
        Ok(scripts.into_iter().map(|script| worker(address, script)).collect())
    }
}
