//! `kill -9` at random moments, under load: what a client was told is true after the restart too.

mod check;
mod dice;
mod load;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Url;

use self::{
    check::{Finding, check},
    dice::Dice,
    load::{Load, Way, Work, chain},
};
use crate::{
    clients::browser,
    harness::{AuthServer, Place, Process, ResourceApi, programs, say},
};

/// The client of codes, and where they are sent.
const APP: &str = "spa";
const REDIRECT_URI: &str = "https://spa.example/callback";

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Families that are rotated side by side.
const CHAINS: usize = 8;

/// How many answers a round has at most before the kill.
const ANSWERS: u64 = 150;

/// How long a start may take.
const START: Duration = Duration::from_secs(2);

/// More rounds, by hand: `SCOPEGATE_TEST_CRASHES=1000 cargo test -p e2e -- crash:: --nocapture`, and
/// `SCOPEGATE_TEST_SEED` for those of another run.
fn number(name: &str) -> Option<u64> {
    let set = std::env::var(name).ok();
    set.map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn db06_what_was_acknowledged_before_a_kill_is_true_after_the_restart() {
    let rounds = number("SCOPEGATE_TEST_CRASHES");
    let mut dice = Dice::new(number("SCOPEGATE_TEST_SEED"));
    say(&format!("crash: SCOPEGATE_TEST_SEED={}", dice.seed()));
    let mut site = Site::start().await;
    let mut tally = Tally::default();
    for round in 0..rounds.unwrap_or(10) {
        site.round(&mut dice, &mut tally).await;
        if !tally.is_clean() {
            say(&format!("crash: round {round} of seed {}", dice.seed()));
            break;
        }
    }
    say(&format!("crash: {}", tally.summary()));
    assert!(tally.is_clean(), "DB06: {:#?} {:#?}", tally.lost, tally.doubled);
    // One slow start among few is the machine's; it runs everything at once.
    let allowed = if rounds.is_some() { tally.slowest() } else { tally.median() };
    assert!(allowed <= START, "DB06: {}", tally.summary());
}

#[tokio::test(flavor = "multi_thread")]
async fn ds09_a_graceful_stop_under_load_loses_nothing_that_was_acknowledged() {
    let mut dice = Dice::new(number("SCOPEGATE_TEST_SEED"));
    say(&format!("stop: SCOPEGATE_TEST_SEED={}", dice.seed()));
    let mut site = Site::start().await;
    site.end = End::Stop;
    let mut tally = Tally::default();
    for _ in 0..3 {
        site.round(&mut dice, &mut tally).await;
    }
    say(&format!("stop: {}", tally.summary()));
    assert!(tally.is_clean(), "DS09: {:#?} {:#?}", tally.lost, tally.doubled);
}

#[tokio::test]
async fn db13_a_migration_that_is_killed_is_done_by_the_next_one() {
    let mut dice = Dice::new(number("SCOPEGATE_TEST_SEED"));
    say(&format!("migrate: SCOPEGATE_TEST_SEED={}", dice.seed()));
    for round in 0..10 {
        let place = Place::new();
        let command = place.auth_settings().command(&programs().auth_server, &["migrate"]);
        let mut migration = Process::start("auth-server", command);
        // Any statement of it, and what comes before and after.
        tokio::time::sleep(Duration::from_micros(dice.below(60_000))).await;
        migration.kill();
        place.run(&["migrate"]).done();
        let again = place.run(&["migrate"]).done();
        assert!(again.contains("up to date"), "DB13 {round}: {again}");
        let auth = AuthServer::start(&place).await;
        auth.login("me").await;
    }
}

/// How a round ends for auth-server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Kill,
    Stop,
}

/// Both programs, and the clients' memory of what they were told.
struct Site {
    place: Place,
    auth: AuthServer,
    resource: ResourceApi,
    cookie: String,
    chains: Vec<load::Chain>,
    end: End,
}

/// What all rounds have shown.
#[derive(Default)]
struct Tally {
    rounds: usize,
    rotations: usize,
    exchanges: usize,
    revocations: usize,
    in_flight: usize,
    starts: Vec<Duration>,
    lost: Vec<String>,
    doubled: Vec<String>,
}

impl Site {
    async fn start() -> Self {
        let place = Place::new();
        let auth = serve(&place).await;
        let add = ["client", "add", load::CHECKER, "--resource-server", "--secret-stdin"];
        place.run(&add).input(&format!("{}\n", load::CHECKER_SECRET)).done();
        let resource = ResourceApi::start(&place).await;
        let way = Way::to(&auth);
        let (_, cookie) = browser::signed_in(authorize(&auth.url), REDIRECT_URI, "allow").await;
        let chains = join_all((0..CHAINS).map(|_| chain(&way))).await;
        Self { place, auth, resource, cookie, chains, end: End::Kill }
    }

    /// Load, a kill in the midst of it, a restart, and the questions whose answers are known.
    async fn round(&mut self, dice: &mut Dice, tally: &mut Tally) {
        let chains = std::mem::take(&mut self.chains);
        let mut load = Load::start(&Way::to(&self.auth), authorize(&self.auth.url), &self.cookie);
        load.begin(chains);
        load.answers(1 + dice.below(ANSWERS)).await;
        // Any point of a request, and not the moment of an answer: the one pause that waits for
        // nothing.
        tokio::time::sleep(Duration::from_micros(dice.below(8_000))).await;
        match self.end {
            End::Kill => self.auth.process.kill(),
            End::Stop => assert_eq!(self.auth.process.stop().await.code(), Some(0), "DS09"),
        }
        // With no program left on the file, SQLite has to recover its log.
        let alone = dice.below(4) == 0;
        if alone {
            self.resource.process.kill();
        }
        let work = load.end().await;
        tally.count(&work);
        let begun = Instant::now();
        self.auth = serve(&self.place).await;
        tally.starts.push(begun.elapsed());
        if alone {
            self.resource = ResourceApi::start(&self.place).await;
        }
        let way = Way::to(&self.auth);
        let (chains, findings) = check(&way, &self.resource, work, dice).await;
        self.chains = chains;
        let missing = (self.chains.len()..CHAINS).map(|_| chain(&way));
        let new = join_all(missing).await;
        self.chains.extend(new);
        tally.add(findings);
    }
}

async fn serve(place: &Place) -> AuthServer {
    AuthServer::with(place, |settings| {
        settings.set("guess-limits", "off");
    })
    .await
}

/// What the app sends its users to; one who is signed in and allowed it before gets a code at once.
fn authorize(issuer: &str) -> Url {
    let parameters = [
        ("response_type", "code"),
        ("client_id", APP),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "me"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    Url::parse_with_params(&format!("{issuer}/authorize"), parameters).expect("a URL")
}

impl Tally {
    fn count(&mut self, work: &Work) {
        self.rounds += 1;
        self.rotations += work.rotations();
        self.exchanges += work.exchanges();
        self.revocations += work.revocations();
        self.in_flight += work.in_flight();
    }

    fn add(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            match finding {
                Finding::Lost(what) => self.lost.push(what),
                Finding::Doubled(what) => self.doubled.push(what),
            }
        }
    }

    fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty()
    }

    fn median(&self) -> Duration {
        let mut starts = self.starts.clone();
        starts.sort();
        starts.get(starts.len() / 2).copied().unwrap_or_default()
    }

    fn slowest(&self) -> Duration {
        self.starts.iter().max().copied().unwrap_or_default()
    }

    fn summary(&self) -> String {
        format!(
            "{} kills; acknowledged: {} rotations, {} exchanges, {} revocations; {} in flight at the \
             kill; {} lost, {} double spends; start p50 {:.2?}, max {:.2?}",
            self.rounds,
            self.rotations,
            self.exchanges,
            self.revocations,
            self.in_flight,
            self.lost.len(),
            self.doubled.len(),
            self.median(),
            self.slowest(),
        )
    }
}
