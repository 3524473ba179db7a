//! Services in other languages verify our tokens, by the very code that docs/verify/ shows.

mod forged;
mod key_server;
mod service;

use std::time::{Duration, Instant};

use scopegate_core::{algorithm::Algorithm, jwk::JwkSet, signing_key::SigningKey};
use serde_json::json;

use self::{
    key_server::KeyServer,
    service::{Service, Shown},
};
use crate::harness::{
    AUDIENCE, AuthServer, Forge, Place, Signer, Tokens, eventually, free_port, root,
};

const INTRANET_SECRET: &str = "intranet-secret-0123456789-0123456789-";
const MACHINE_SECRET: &str = "machine-secret-0123456789-0123456789-0";

/// How often the services fetch the keys for the sake of an unknown one, and what a loaded machine
/// may add.
const COOLDOWN: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(10);

/// The story with each service that uses published keys, as a test of its own.
macro_rules! in_every_language {
    ($story:ident) => {
        mod $story {
            use super::Shown;

            #[tokio::test]
            async fn in_python() {
                super::$story(Shown::PythonWithPublishedKeys).await;
            }

            #[tokio::test]
            async fn in_node() {
                super::$story(Shown::Node).await;
            }

            #[tokio::test]
            async fn in_go() {
                super::$story(Shown::Go).await;
            }
        }
    };
}

in_every_language!(our_tokens_are_taken_and_no_others);

async fn our_tokens_are_taken_and_no_others(shown: Shown) {
    let place = Place::empty().signing(Algorithm::EdDsa);
    let (auth, issuer) = start(&place).await;
    let Some(service) = shown.start(&issuer, &place).await else { return };
    take_ours(&service, &auth).await;
    let good = Forge::at(&place).claim("iss", issuer);
    refuse(&service, &good, forged::others(&good)).await;
    refuse(&service, &good, forged::by_what_everybody_knows(&good)).await;
}

#[tokio::test]
async fn the_shared_key_is_enough_in_python() {
    let place = Place::empty();
    let (auth, issuer) = start(&place).await;
    let Some(service) = Shown::PythonWithTheSharedKey.start(&issuer, &place).await else { return };
    take_ours(&service, &auth).await;
    let good = Forge::at(&place).claim("iss", issuer);
    refuse(&service, &good, forged::others(&good)).await;
    let second = "fedcba9876543210fedcba9876543210";
    let token = good.signed_by(Signer::shared(second)).token();
    assert_eq!(service.ask("/whoami", &token).await.status, 401, "not a key yet");
    let old = place.shared_key();
    place.set_shared_key(&format!("{old}\r\n\n{second}\n"));
    assert_eq!(service.ask("/whoami", &token).await.status, 200, "KR03: the second line");
    place.set_shared_key(&old);
    assert_eq!(service.ask("/whoami", &token).await.status, 401, "KR03: it was taken out");
}

in_every_language!(a_new_key_is_fetched_and_the_old_one_kept);

async fn a_new_key_is_fetched_and_the_old_one_kept(shown: Shown) {
    let place = Place::empty().signing(Algorithm::EdDsa);
    let (auth, issuer) = start(&place).await;
    let Some(service) = shown.start(&issuer, &place).await else { return };
    let old = login(&auth, "me").await;
    assert_eq!(service.ask("/whoami", &old).await.status, 200);
    place.run(&["key", "rotate", "--now"]).done();
    let new = eventually("the new key signs", SLACK, async || {
        let token = login(&auth, "me").await;
        (token.split('.').next() != old.split('.').next()).then_some(token)
    })
    .await;
    eventually("KR01: the service takes the new key", COOLDOWN + SLACK, async || {
        (service.ask("/whoami", &new).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(service.ask("/whoami", &old).await.status, 200, "KR01");
}

in_every_language!(names_of_unknown_keys_cost_next_to_nothing);

/// JW09. The keys that are there serve on while the server that publishes them is away.
async fn names_of_unknown_keys_cost_next_to_nothing(shown: Shown) {
    let (key, pem) = SigningKey::generate(Algorithm::EdDsa).expect("keys can be made");
    let set = JwkSet::new(vec![key.public().clone()]);
    let server = KeyServer::start(json!(set).to_string()).await;
    let Some(service) = shown.start(&server.url, &Place::empty()).await else { return };
    let good = Forge::by(Signer::private(&pem)).claim("iss", server.url.clone());
    let began = Instant::now();
    for kid in 0..100 {
        let token = good.clone().header("kid", format!("unknown-{kid}")).token();
        assert_eq!(service.ask("/whoami", &token).await.status, 401, "JW09");
        assert_eq!(service.ask("/whoami", &good.token()).await.status, 200);
    }
    let allowed = 1 + began.elapsed().as_secs() / COOLDOWN.as_secs();
    assert!(server.fetches() as u64 <= allowed, "JW09: {} fetches", server.fetches());
    server.stop().await;
    assert_eq!(service.ask("/whoami", &good.token()).await.status, 200, "the keys are kept");
}

in_every_language!(keys_that_cannot_be_had_are_no_fault_of_the_token);

async fn keys_that_cannot_be_had_are_no_fault_of_the_token(shown: Shown) {
    let issuer = format!("http://127.0.0.1:{}", free_port());
    let Some(service) = shown.start(&issuer, &Place::empty()).await else { return };
    let token = Forge::by(Signer::stranger(Algorithm::EdDsa)).claim("iss", issuer).token();
    let answer = service.ask("/whoami", &token).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{answer:?}");
}

/// auth-server at its public URL, with a client of each kind; the issuer.
async fn start(place: &Place) -> (AuthServer, String) {
    let issuer = format!("http://127.0.0.1:{}", free_port());
    let auth = AuthServer::with(place, |settings| {
        settings
            .set("listen", issuer.strip_prefix("http://").expect("it stands there"))
            .set("issuer", &issuer)
            .set("audience", AUDIENCE)
            .set("apply", root().join("tests/clients/setup.toml"));
    })
    .await;
    (auth, issuer)
}

/// A token of johndoe's.
async fn login(auth: &AuthServer, scope: &str) -> String {
    let form = [
        ("grant_type", "password"),
        ("client_id", "intranet"),
        ("client_secret", INTRANET_SECRET),
        ("username", "johndoe"),
        ("password", "secret"),
        ("scope", scope),
    ];
    Tokens::of(&auth.token(&form).await).access
}

async fn take_ours(service: &Service, auth: &AuthServer) {
    let (both, me) = (login(auth, "me items").await, login(auth, "me").await);
    let machine = auth.token(&[
        ("grant_type", "client_credentials"),
        ("client_id", "machine"),
        ("client_secret", MACHINE_SECRET),
        ("scope", "items"),
    ]);
    let machine = Tokens::of(&machine.await).access;
    for (path, token, expected) in [
        ("/whoami", &both, json!({"user": "johndoe"})),
        ("/whoami", &me, json!({"user": "johndoe"})),
        ("/whoami", &machine, json!({"client": "machine"})),
        ("/items", &both, json!([{"item_id": "Foo", "owner": "johndoe"}])),
    ] {
        let answer = service.ask(path, token).await;
        assert_eq!((answer.status, answer.json()), (200, expected), "{path}");
    }
    let lower = service.ask_as("/whoami", Some(&format!("bearer {both}"))).await;
    assert_eq!(lower.status, 200, "RFC 9110 §11.1: schemes in any case");
    let narrow = service.ask("/items", &me).await;
    let challenge = r#"Bearer error="insufficient_scope", scope="items""#;
    assert_eq!((narrow.status, narrow.header("www-authenticate")), (403, challenge));
    for (row, authorization) in [("none", None), ("another scheme", Some("Basic Og=="))] {
        let answer = service.ask_as("/whoami", authorization).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{row}");
    }
}

async fn refuse(service: &Service, good: &Forge, rows: Vec<(&str, String)>) {
    let answer = service.ask("/items", &good.token()).await;
    assert_eq!(answer.status, 200, "the forge makes good tokens: {answer:?}");
    for (row, token) in rows {
        let answer = service.ask("/items", &token).await;
        let got = (answer.status, answer.header("www-authenticate"));
        let challenge = r#"Bearer error="invalid_token""#;
        assert_eq!(got, (401, challenge), "{row}: {answer:?}: {token}");
    }
}
