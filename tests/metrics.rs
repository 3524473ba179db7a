//! Metrics as a scraper reads them: what moves them, where they are, and what they never tell.

#![expect(clippy::float_cmp, reason = "counts are whole numbers")]

mod exposition;
mod outage;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Client;
use scopegate_core::algorithm::Algorithm;

use self::exposition::Exposition;
use crate::{
    clients::browser,
    harness::{
        Answer, AuthServer, Place, Process, REACH, ResourceApi, Settings, Stack, Tokens,
        eventually, root,
    },
};

const REDIRECT_URI: &str = "https://spa.example/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn page(process: &mut Process) -> String {
    let url = process.metrics_url().await;
    let answer = Answer::to(Client::new().get(url)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn scrape(process: &mut Process) -> Exposition {
    Exposition::parse(&page(process).await)
}

/// What has grown: each counter and its sum of steps.
fn steps(before: &Exposition, after: &Exposition, names: &[&str]) -> BTreeMap<String, f64> {
    after
        .series()
        .filter(|(series, _)| names.iter().any(|name| series.starts_with(name)))
        .map(|(series, value)| (series.to_owned(), value - before.value(series)))
        .filter(|(_, step)| *step > 0.0)
        .collect()
}

#[tokio::test]
async fn each_login_and_each_token_request_moves_its_counter_by_one() {
    let mut stack = Stack::start().await;
    let names = ["scopegate_logins", "scopegate_token_requests", "scopegate_refresh_reuse"];
    let before = scrape(&mut stack.auth.process).await;

    let tokens = stack.auth.login("me").await;
    stack.auth.password("johndoe", "wrong", "me").await;
    browser::sign_in_once(&stack.auth.url, "johndoe", "wrong").await;
    let code = code(&stack.auth).await;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", "spa"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    Tokens::of(&stack.auth.token(&exchange).await);
    stack.auth.token(&exchange).await;
    let next = Tokens::of(&stack.auth.refresh(&tokens.refresh).await);
    Tokens::of(&stack.auth.refresh(&next.refresh).await);
    stack.auth.refresh(&tokens.refresh).await;
    stack.auth.token(&[("grant_type", "magic")]).await;
    stack.auth.form("grant_type=password&grant_type=password").await;

    let after = scrape(&mut stack.auth.process).await;
    let moved = steps(&before, &after, &names);
    let token = |grant: &str, outcome: &str| {
        format!("scopegate_token_requests_total{{grant=\"{grant}\",outcome=\"{outcome}\"}}")
    };
    let login = |via: &str, outcome: &str| {
        format!("scopegate_logins_total{{via=\"{via}\",outcome=\"{outcome}\"}}")
    };
    let expected = BTreeMap::from([
        (login("password_grant", "granted"), 1.0),
        (login("password_grant", "wrong"), 1.0),
        (login("page", "granted"), 1.0),
        (login("page", "wrong"), 1.0),
        (token("password", "issued"), 1.0),
        (token("password", "invalid_grant"), 1.0),
        (token("authorization_code", "issued"), 1.0),
        (token("authorization_code", "invalid_grant"), 1.0),
        (token("refresh_token", "issued"), 2.0),
        (token("refresh_token", "invalid_grant"), 1.0),
        (token("none", "unsupported_grant_type"), 1.0),
        (token("none", "invalid_request"), 1.0),
        ("scopegate_refresh_reuse_total".to_owned(), 1.0),
    ]);
    assert_eq!(moved, expected);
    assert_eq!(after.value("scopegate_code_replays_total"), 1.0);
    let hashes = "scopegate_hash_duration_seconds_count";
    assert_eq!(after.value(hashes) - before.value(hashes), 4.0, "one for each password");
    let status = "scopegate_http_requests_total{route=\"/login\",method=\"POST\",status=\"4xx\"}";
    assert_eq!(after.value(status), 1.0, "the wrong password on the page");
}

/// A code for johndoe, who signs in and allows it.
async fn code(auth: &AuthServer) -> String {
    let url = format!(
        "{}/authorize?response_type=code&client_id=spa&redirect_uri={REDIRECT_URI}&scope=me\
         &state=s&code_challenge={CHALLENGE}&code_challenge_method=S256",
        auth.url
    );
    let back = browser::answer(url.parse().expect("a URL"), REDIRECT_URI, "allow").await;
    let code = back.query_pairs().find(|(name, _)| name == "code");
    code.expect("an answer with a code").1.into_owned()
}

#[tokio::test]
async fn the_guards_verdicts_and_what_resource_api_knows_are_counted() {
    let mut stack = Stack::start().await;
    let before = scrape(&mut stack.resource.process).await;
    let tokens = stack.auth.login("me").await;
    for _ in 0..2 {
        assert_eq!(stack.resource.ask("/users/me/", &tokens.access).await.status, 200);
    }
    stack.resource.ask("/users/me/items/", &tokens.access).await;
    stack.resource.ask("/status/", "a.forged.token").await;
    stack.resource.get("/users/me/").await;
    let after = scrape(&mut stack.resource.process).await;
    let verdict =
        |outcome: &str| format!("scopegate_guard_outcomes_total{{outcome=\"{outcome}\"}}");
    let expected =
        [("admitted", 2.0), ("invalid_token", 1.0), ("missing_scope", 1.0), ("no_token", 1.0)];
    let expected = expected.map(|(outcome, count)| (verdict(outcome), count));
    assert_eq!(steps(&before, &after, &["scopegate_guard"]), BTreeMap::from(expected));
    let lookups =
        |outcome| after.value(&format!("scopegate_cache_lookups_total{{outcome=\"{outcome}\"}}"));
    assert_eq!((lookups("hit"), lookups("miss")), (2.0, 2.0), "the user and the client, twice");
    assert_eq!(after.value("scopegate_cache_entries"), 2.0);
    assert!(after.value("scopegate_state_age_seconds") < 5.0);
    assert_eq!(after.value("scopegate_keys{source=\"file\"}"), 1.0);

    let form = [("client_id", "first-party"), ("token", &*tokens.refresh)];
    Answer::to(stack.auth.http.post(format!("{}/revoke", stack.auth.url)).form(&form)).await;
    eventually("the revocation is known", REACH, async || {
        let page = scrape(&mut stack.resource.process).await;
        (page.value("scopegate_refused_ids{kind=\"grant\"}") == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn metrics_are_on_their_own_listener_and_nothing_else_is() {
    let mut stack = Stack::start().await;
    assert_eq!(stack.auth.get("/metrics").await.status, 404);
    assert_eq!(stack.resource.get("/metrics").await.status, 404);
    for process in [&mut stack.auth.process, &mut stack.resource.process] {
        let url = process.metrics_url().await;
        let http = Client::new();
        let shown = Answer::to(http.get(&url)).await;
        let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(shown.header("content-type"), openmetrics);
        assert_eq!(Answer::to(http.post(&url)).await.status, 404);
        for path in ["/", "/health/live", "/token", "/metrics/", "/users/me/"] {
            let other = url.replace("/metrics", path);
            assert_eq!(Answer::to(http.get(other)).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn no_label_holds_what_a_request_carries() {
    let mut stack = Stack::start().await;
    let tokens = stack.auth.login("me").await;
    stack.auth.password("somebody-unknown", "typed-by-mistake", "me").await;
    stack.auth.token(&[("grant_type", "grant-of-a-stranger"), ("client_id", "spa")]).await;
    let code = code(&stack.auth).await;
    for url in [&stack.auth.url, &stack.resource.url] {
        let http = &stack.auth.http;
        Answer::to(http.get(format!("{url}/path-of-a-stranger?query=of-a-stranger"))).await;
        let odd = "STRANGE".parse().expect("a method");
        Answer::to(http.request(odd, format!("{url}/health/live"))).await;
    }
    stack.resource.ask("/users/me/", &tokens.access).await;
    for process in [&mut stack.auth.process, &mut stack.resource.process] {
        let page = page(process).await;
        for text in [
            "johndoe",
            "somebody-unknown",
            "typed-by-mistake",
            "first-party",
            "spa",
            "stranger",
            "STRANGE",
            "127.0.0.1",
            &code,
            &tokens.access,
            &tokens.refresh,
        ] {
            assert!(!page.contains(text), "{text}: {page}");
        }
        let page = Exposition::parse(&page);
        assert!(page.series().count() < 800, "the page is bounded");
        let unmatched = page.series().filter(|(series, _)| series.contains("route=\"none\""));
        assert!(unmatched.count() > 0);
    }
}

#[tokio::test]
async fn the_page_about_metrics_names_every_metric_and_no_other() {
    let mut stack = Stack::signing(Algorithm::EdDsa).await;
    stack.auth.login("me").await;
    stack.place.run(&["key", "rotate"]).done();
    let waiting = "scopegate_signing_key_next_in_seconds{alg=\"EdDSA\"}";
    eventually("the next key is known", REACH, async || {
        let page = scrape(&mut stack.auth.process).await;
        (page.value(waiting) > 0.0 && page.value("scopegate_table_rows{table=\"grants\"}") >= 0.0)
            .then_some(())
    })
    .await;
    stack.resource.get("/status/").await;
    let text = std::fs::read_to_string(root().join("docs/metrics.md")).expect("the page is there");
    let mut all = BTreeSet::new();
    for (program, process) in
        [("auth-server", &mut stack.auth.process), ("resource-api", &mut stack.resource.process)]
    {
        let shown = scrape(process).await;
        let documented = documented(&text, program);
        assert_eq!(documented, in_words_of_queries(&shown), "{program}");
        for (name, kind) in documented {
            all.extend(samples(&name, &kind));
        }
    }
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named = words.filter(|word| word.starts_with("scopegate_") || word.starts_with("process_"));
    for name in named {
        assert!(all.contains(name), "docs/metrics.md names {name}, which is not there");
    }
}

/// Name and type of each row of the tables that concern this program.
fn documented(text: &str, program: &str) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    let mut concerns = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            concerns = title == program || title == "Both programs";
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let (true, ["", name, kind, ..]) = (concerns, &*cells)
            && let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'))
        {
            rows.insert(name.to_owned(), (*kind).to_owned());
        }
    }
    rows
}

/// Families as queries name them: counters with their suffix.
fn in_words_of_queries(page: &Exposition) -> BTreeMap<String, String> {
    let families = page.families.iter().map(|(name, kind)| match kind.as_str() {
        "counter" => (format!("{name}_total"), kind.clone()),
        _ => (name.clone(), kind.clone()),
    });
    families.collect()
}

fn samples(name: &str, kind: &str) -> Vec<String> {
    match kind {
        "histogram" => ["", "_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")).to_vec(),
        _ => vec![name.to_owned()],
    }
}

#[tokio::test]
async fn a_taken_address_for_metrics_is_one_line_and_off_means_off() {
    let place = Place::new();
    let mut auth = AuthServer::start(&place).await;
    let url = auth.process.metrics_url().await;
    let address = url.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    let serve = |settings: &mut Settings| {
        settings.set("listen", "127.0.0.1:0").set("metrics-listen", &address);
    };
    let outcome = place.run_with(&["serve"], serve).outcome();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("auth-server: cannot listen on {address}")), "{outcome:?}");

    let quiet = |settings: &mut Settings| {
        settings.set("metrics-listen", "off");
    };
    let mut resource = ResourceApi::with(&place, quiet).await;
    resource.process.stop().await;
    let log = resource.process.log();
    assert!(log.contains("listening on") && !log.contains("metrics on"), "{log}");
}
