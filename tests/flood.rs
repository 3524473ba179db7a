//! Hundreds of logins at once: memory stays within what the settings say, whoever finds no room is told
//! at once when to come back, and nothing else is held up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use tokio::task::JoinSet;

use crate::harness::{Answer, AuthServer, FORM, Place, ResourceApi, Tokens};

const LOGIN: &str = "grant_type=password&username=johndoe&password=secret&scope=me";

/// What one hash takes while it runs.
const ARENA: u64 = 64 << 20;

/// What everything else may take beside.
const SLACK: u64 = 64 << 20;

/// How many log in at once, and for how long.
struct Flood {
    logins: usize,
    lasts: Duration,
}

impl Flood {
    /// Short, beside all the other stories. The measurement:
    /// `SCOPEGATE_TEST_FLOOD=60 cargo test --release -p e2e -- flood:: --nocapture`.
    fn usual_or_by_hand() -> Self {
        match std::env::var("SCOPEGATE_TEST_FLOOD") {
            Ok(seconds) => {
                let seconds = seconds.parse().expect("a number of seconds");
                Self { logins: 500, lasts: Duration::from_secs(seconds) }
            }
            Err(_) => Self { logins: 100, lasts: Duration::from_secs(2) },
        }
    }
}

/// How long each request of one kind took.
#[derive(Default)]
struct Seen(Vec<Duration>);

impl Seen {
    fn all(parts: Vec<Self>) -> Self {
        Self(parts.into_iter().flat_map(|part| part.0).collect())
    }

    fn print(mut self, what: &str) {
        self.0.sort_unstable();
        let at = |percent: usize| {
            let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
            self.0.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        };
        let (count, p50, p99, most) = (self.0.len(), at(50), at(99), at(100));
        println!("{what}: {count}, p50 {p50:.1} ms, p99 {p99:.1} ms, at most {most:.1} ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_logins_at_once_take_no_memory_and_no_time_from_the_others() {
    let flood = Flood::usual_or_by_hand();
    let place = Place::demo();
    let auth = AuthServer::with(&place, |settings| {
        settings.unset("argon2-memory").unset("argon2-time").unset("argon2-lanes");
        settings.set("guess-limits", "off");
    })
    .await;
    let resource = ResourceApi::start(&place).await;
    let base = auth.process.memory(false);
    let tokens = auth.login("me").await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut others = JoinSet::new();
    for (what, url) in [
        ("GET /users/me/", format!("{}/users/me/", resource.url)),
        ("GET jwks.json", format!("{}/.well-known/jwks.json", auth.url)),
        ("GET metadata", format!("{}/.well-known/oauth-authorization-server", auth.url)),
    ] {
        let asked = ask(what, url, tokens.access.clone(), Arc::clone(&stop));
        others.spawn_blocking(move || alone(asked));
    }
    let url = format!("{}/token", auth.url);
    let refreshed = refresh(url.clone(), tokens.refresh, Arc::clone(&stop));
    others.spawn_blocking(move || alone(refreshed));
    let end = Instant::now() + flood.lasts;
    let logins: JoinSet<_> = (0..flood.logins).map(|_| log_in(url.clone(), end)).collect();
    let logins = logins.join_all().await;
    stop.store(true, Ordering::Relaxed);
    for (what, seen) in others.join_all().await {
        assert!(!seen.0.is_empty(), "DS02: {what} goes on during the flood");
        seen.print(what);
    }
    let (granted, sent_away): (Vec<_>, Vec<_>) = logins.into_iter().unzip();
    Seen::all(granted).print("logins granted");
    Seen::all(sent_away).print("logins sent away");
    let most = auth.process.memory(true);
    println!("memory: {} MiB before, {} MiB at most", base >> 20, most >> 20);
    assert!(most <= base + hashes_at_once() * ARENA + SLACK, "DS01: {most} bytes, {base} before");
}

/// As many hashes run side by side as fit the cores with four lanes each.
fn hashes_at_once() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u64::try_from(cores / 4).expect("few").max(1)
}

/// Logs in again and again, whatever the answer says about when to come back.
async fn log_in(url: String, end: Instant) -> (Seen, Seen) {
    let http = Client::new();
    let (mut granted, mut sent_away) = (Seen::default(), Seen::default());
    while Instant::now() < end {
        let begun = Instant::now();
        let post = http.post(&url).header("content-type", FORM).body(LOGIN);
        let answer = Answer::to(post).await;
        let time = begun.elapsed();
        if answer.status == 200 {
            granted.0.push(time);
            continue;
        }
        assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()), "DS01");
        assert!(answer.header("retry-after").parse::<u16>().is_ok(), "DS01: {answer:?}");
        sent_away.0.push(time);
    }
    (granted, sent_away)
}

/// Runs it on a thread of its own: what it sees is not what the flood's clients wait for each other.
fn alone<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system has room for a thread").block_on(story)
}

/// Asks for one thing all the time.
async fn ask(
    what: &'static str,
    url: String,
    token: String,
    stop: Arc<AtomicBool>,
) -> (&'static str, Seen) {
    let http = Client::new();
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let answer = Answer::to(http.get(&url).bearer_auth(&token)).await;
        seen.0.push(begun.elapsed());
        assert_eq!(answer.status, 200, "DS02: {what}: {answer:?}");
    }
    (what, seen)
}

/// Refreshes all the time.
async fn refresh(url: String, mut token: String, stop: Arc<AtomicBool>) -> (&'static str, Seen) {
    let http = Client::new();
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
        let answer = Answer::to(http.post(&url).form(&form)).await;
        seen.0.push(begun.elapsed());
        token = Tokens::of(&answer).refresh;
    }
    ("refresh", seen)
}
