//! How long an answer takes, whoever is asked for. Measured and printed, not asserted: figures are the
//! machine's. docs/guessing.md says how to read them.

use std::time::{Duration, Instant};

use crate::guesser::Server;

const ROUNDS: usize = 200;

const ROWS: [(&str, &str, &str); 4] = [
    ("a wrong password", "johndoe", "wrong"),
    ("an unknown user", "nobody", "secret"),
    ("a disabled user, right password", "alice", "secret"),
    ("a disabled user, wrong password", "alice", "wrong"),
];

#[tokio::test]
#[ignore = "prints figures; run it alone, on an idle machine"]
async fn measure_wrong_unknown_and_disabled() {
    let costs = [("MEMORY", "65536"), ("TIME", "3"), ("LANES", "4")];
    let costs = costs.map(|(name, value)| (format!("SCOPEGATE_ARGON2_{name}"), value));
    let settings: Vec<_> = costs.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let server = Server::with(&settings).await;
    let mut times = ROWS.map(|_| Vec::with_capacity(ROUNDS));
    for round in 0..ROUNDS {
        // In turn, so that what slows the machine down slows all of them down; the next round begins
        // with another one, and nobody has to wait.
        for at in 0..ROWS.len() {
            let at = (at + round) % ROWS.len();
            let (_, username, password) = ROWS[at];
            let guesser = server.at("192.0.2.1");
            let begun = Instant::now();
            let status = guesser.password(username, password).await.status;
            times[at].push(begun.elapsed());
            assert_eq!(status, 400);
        }
        server.advance(24 * 3600);
    }
    for ((row, _, _), mut times) in ROWS.into_iter().zip(times) {
        times.sort_unstable();
        let at = |percent: usize| millis(times[times.len() * percent / 100]);
        println!("{row:32} p10 {} p50 {} p90 {}", at(10), at(50), at(90));
    }
}

fn millis(time: Duration) -> String {
    format!("{:6.2} ms", time.as_secs_f64() * 1000.0)
}
