//! Tokens that the issuer is asked about (RFC 7662).

mod stub;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get as on_get};
use scopegate_guard::{
    Access, Claims, Client, Guard, GuardError, Introspection, IntrospectionSetupError, Principal,
    Routes, User,
    testing::{ManualClock, TestTokens},
};
use serde_json::{Value, json};

use self::stub::{Reply, Stub, active};
use crate::harness::{Answer, ISSUER, METADATA, RESOURCE, bearer, get, send, tokens};

const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

/// A guarded service that asks a stub.
struct World {
    stub: Stub,
    app: Router,
    tokens: TestTokens,
    clock: Arc<ManualClock>,
}

impl World {
    async fn start() -> Self {
        Self::with(|introspection| introspection).await
    }

    async fn with(change: impl FnOnce(Introspection) -> Introspection) -> Self {
        let stub = Stub::start().await;
        let (tokens, clock) = tokens();
        let introspection = change(stub.introspection());
        let guard = tokens.guard().introspection(introspection).build().unwrap();
        Self { stub, app: guard.protect(routes()), tokens, clock }
    }

    async fn ask(&self, path: &str, token: &str) -> Answer {
        send(&self.app, bearer(path, token)).await
    }

    async fn status(&self) -> u16 {
        self.ask("/who", TOKEN).await.status.as_u16()
    }

    fn says(&self, reply: Value) {
        self.stub.reply(TOKEN, Reply::Json(reply));
    }

    fn asked(&self) -> usize {
        self.stub.asked().len()
    }

    fn pass(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }
}

fn routes() -> Routes {
    Routes::new()
        .route("/who", Access::any_token(), on_get(async |it: Principal| it.subject().to_owned()))
        .route("/me", Access::scopes(["me"]), on_get(async |it: User| it.username().to_owned()))
        .route("/write", Access::scopes(["write"]), on_get(async || ""))
        .route("/job", Access::any_token(), on_get(async |it: Client| it.client_id().to_owned()))
        .route(
            "/all",
            Access::any_token(),
            on_get(async |Claims(it): Claims<Value>| it.to_string()),
        )
}

#[tokio::test]
async fn an_opaque_token_is_what_its_issuer_says() {
    let world = World::start().await;
    world.says(active());
    assert_eq!(world.ask("/me", TOKEN).await.text(), "johndoe");
    assert_eq!(world.ask("/write", TOKEN).await.status, 403);
    assert_eq!(world.ask("/job", TOKEN).await.status, 401);
    let all = world.ask("/all", TOKEN).await.json();
    assert_eq!(all["active"], true);
    let [question] = world.stub.asked().try_into().unwrap();
    assert_eq!(question.form, format!("token={TOKEN}&token_type_hint=access_token"));
    // printf 'api:a+secret%%3A+%%C3%%BC' | base64
    assert_eq!(question.authorization, "Basic YXBpOmErc2VjcmV0JTNBKyVDMyVCQw==", "RFC 6749 2.3.1");
    world.stub.reply(
        "svc",
        Reply::Json(json!({
            "active": true, "sub": "svc", "client_id": "svc", "aud": RESOURCE,
        })),
    );
    assert_eq!(world.ask("/job", "svc").await.text(), "svc");
}

#[tokio::test]
async fn without_a_good_word_of_the_issuer_nobody_gets_in() {
    let world = World::with(|it| it.timeout(Duration::from_millis(200))).await;
    let text = |status, text: &str| Reply::Text(status, text.to_owned());
    let yes = active().to_string();
    for (name, reply, expected) in [
        ("not active", Reply::Json(json!({"active": false})), 401),
        ("of another issuer", Reply::Json(with(active(), "iss", "http://x")), 401),
        ("for another audience", Reply::Json(with(active(), "aud", "http://x")), 401),
        ("expired", Reply::Json(with(active(), "exp", 1)), 401),
        ("of another type", Reply::Json(with(active(), "token_type", "DPoP")), 401),
        ("JW33 bound to a key", Reply::Json(with(active(), "cnf", json!({}))), 401),
        ("no subject", Reply::Json(with(active(), "sub", Value::Null)), 401),
        ("active by a word", Reply::Json(with(active(), "active", "true")), 503),
        ("an error page", text(200, "<!doctype html>"), 503),
        ("empty", text(200, ""), 503),
        ("500 with a yes", text(500, &yes), 503),
        ("401 with a yes", text(401, &yes), 503),
        ("201 with a yes", text(201, &yes), 503),
        ("a redirect", Reply::Redirect, 503),
        ("silence", Reply::Silence, 503),
        ("more than 64 KiB", text(200, &with(active(), "x", "x".repeat(70_000)).to_string()), 503),
        ("without an end", Reply::Endless, 503),
    ] {
        world.pass(60_000);
        world.stub.reply(TOKEN, reply);
        let answer = world.ask("/who", TOKEN).await;
        assert_eq!(answer.status, expected, "JW32 {name}");
        let (challenge, retry_after) = match expected {
            401 => (format!(r#"Bearer error="invalid_token", {METADATA}"#), ""),
            _ => (String::new(), "1"),
        };
        assert_eq!(answer.header("www-authenticate"), challenge, "{name}");
        assert_eq!(answer.header("retry-after"), retry_after, "{name}");
    }
}

fn with(mut answer: Value, name: &str, value: impl Into<Value>) -> Value {
    answer[name] = value.into();
    answer
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_the_cache_time() {
    for (name, world, kept) in [
        ("JW30 the default", World::start().await, 10_000),
        ("JW30 stated", World::with(|it| it.cache_for(Duration::from_secs(2))).await, 2_000),
    ] {
        world.says(active());
        assert_eq!(world.status().await, 200, "{name}");
        world.says(json!({"active": false}));
        world.pass(kept - 1);
        assert_eq!((world.status().await, world.asked()), (200, 1), "{name}");
        world.pass(1);
        assert_eq!((world.status().await, world.asked()), (401, 2), "{name}");
    }
    let world = World::with(|it| it.cache_for(Duration::ZERO)).await;
    world.says(active());
    assert_eq!(world.status().await, 200);
    world.says(json!({"active": false}));
    assert_eq!(world.status().await, 401, "JW30 nothing kept");
}

#[tokio::test]
async fn an_answer_is_not_kept_beyond_the_tokens_expiry() {
    let world = World::start().await;
    world.says(with(active(), "exp", 1_800_000_003));
    assert_eq!((world.status().await, world.asked()), (200, 1));
    world.pass(2_999);
    assert_eq!((world.status().await, world.asked()), (200, 1));
    world.says(json!({"active": false}));
    world.pass(1);
    assert_eq!((world.status().await, world.asked()), (401, 2));
}

#[tokio::test]
async fn a_refusal_and_a_failure_are_kept_for_a_second() {
    let world = World::start().await;
    for (name, reply, expected) in [
        ("not active", Reply::Json(json!({"active": false})), 401),
        ("not for us", Reply::Json(with(active(), "aud", "http://x")), 401),
        ("a failure", Reply::Text(500, String::new()), 503),
    ] {
        world.pass(60_000);
        world.stub.reply(TOKEN, reply);
        let before = world.asked();
        assert_eq!(world.status().await, expected, "{name}");
        world.says(active());
        world.pass(999);
        assert_eq!((world.status().await, world.asked() - before), (expected, 1), "{name}");
        world.pass(1);
        assert_eq!((world.status().await, world.asked() - before), (200, 2), "{name}");
    }
}

#[tokio::test]
async fn an_old_yes_does_not_stand_in_for_an_issuer_that_is_away() {
    let world = World::start().await;
    world.says(active());
    assert_eq!(world.status().await, 200);
    world.stub.reply(TOKEN, Reply::Text(502, String::new()));
    world.pass(10_000);
    assert_eq!(world.status().await, 503, "JW32 never open");
}

#[tokio::test]
async fn requests_with_one_token_share_one_question() {
    let world = Arc::new(World::start().await);
    world.says(active());
    world.stub.hold();
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.status().await })
        })
        .collect();
    world.stub.was_asked(1).await;
    world.stub.release(50);
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn whoever_is_cut_off_while_asking_holds_up_nobody() {
    let world = Arc::new(World::start().await);
    world.says(active());
    world.stub.hold();
    let start = || {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.status().await })
    };
    let first = start();
    world.stub.was_asked(1).await;
    let second = start();
    first.abort();
    world.stub.was_asked(2).await;
    world.stub.release(2);
    assert_eq!(second.await.unwrap(), 200);
}

#[tokio::test]
async fn only_what_could_be_its_own_is_shown_to_the_issuer() {
    let world = World::start().await;
    let foreign = world.tokens.user("x").claim("iss", "http://x").mint();
    for (name, token) in
        [("another issuer's JWT", foreign), ("longer than any token", "x".repeat(20 * 1024))]
    {
        assert_eq!(world.ask("/who", &token).await.status, 401, "{name}");
    }
    assert_eq!(send(&world.app, get("/who")).await.status, 401);
    assert_eq!(world.asked(), 0);
    let own = world.tokens.user("johndoe").mint();
    world.stub.reply(&own, Reply::Json(active()));
    assert_eq!(world.ask("/who", &own).await.text(), "johndoe", "a JWT of its own");
}

#[tokio::test]
async fn one_issuer_is_asked_beside_others_with_keys() {
    let stub = Stub::start().await;
    let (tokens, _) = tokens();
    let builder = tokens.guard().trust("https://asked.example", stub.introspection());
    let app = builder.build().unwrap().protect(routes());
    stub.reply(TOKEN, Reply::Json(with(active(), "sub", "of-the-asked")));
    let with_key = tokens.user("of-the-key").mint();
    assert_eq!(send(&app, bearer("/who", TOKEN)).await.text(), "of-the-asked");
    assert_eq!(send(&app, bearer("/who", &with_key)).await.text(), "of-the-key");
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_guard_asks_one_issuer_at_most_and_at_a_real_url() {
    let at = |url: &str| Introspection::new(url, "api", "secret");
    let build = |url: &str| {
        Guard::builder().issuer(ISSUER).audience(RESOURCE).introspection(at(url)).build().err()
    };
    assert_eq!(build("http://localhost/introspect"), None);
    let not_a_url = IntrospectionSetupError::NotAUrl("localhost".to_owned());
    assert_eq!(build("localhost"), Some(GuardError::Introspection(not_a_url)));
    let two = Guard::builder()
        .audience(RESOURCE)
        .trust(ISSUER, at("http://a"))
        .trust("http://b", at("http://b"));
    assert_eq!(two.build().err(), Some(GuardError::SeveralIntrospections));
    let shown = format!("{:?}", at("http://a"));
    assert!(!shown.contains("secret"), "{shown}");
}
