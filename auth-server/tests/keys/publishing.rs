//! `GET /.well-known/jwks.json` (RFC 7517 §5).

use scopegate_core::{
    algorithm::Algorithm, claims::Claims, key::SharedKeys, mint::Minter, scope::Scope,
};

use crate::place::{Place, Server, signed_by};

#[tokio::test]
async fn the_set_holds_public_members_only() {
    for (algorithm, members) in [
        ("EdDSA", &["alg", "crv", "kid", "kty", "use", "x"][..]),
        ("ES256", &["alg", "crv", "kid", "kty", "use", "x", "y"]),
        ("RS256", &["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let place = Place::new();
        let server = place.start(&[("SIGNING_ALG", algorithm)]).await;
        let answer = server.jwks().await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let document = answer.json();
        let keys = document["keys"].as_array().unwrap();
        let found: Vec<_> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, members, "{algorithm}");
        assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&algorithm.into(), &"sig".into()));
        assert_eq!(keys.len(), 1);
    }
}

#[tokio::test]
async fn a_shared_key_is_never_published() {
    let place = Place::new();
    let settings = [("SIGNING_ALG", "EdDSA"), ("VERIFY_ALGS", "EdDSA,HS256")];
    for settings in [&[][..], &settings[..]] {
        let server = place.start(settings).await;
        let key = std::fs::read_to_string(server.shared_key_file()).unwrap();
        let kid = SharedKeys::parse(key.as_bytes()).unwrap().signing().kid().to_owned();
        let body = server.jwks().await.body;
        for word in [key.trim_end(), &kid, "oct", "\"k\""] {
            assert!(!body.contains(word), "{settings:?}: {body}");
        }
    }
    assert_eq!(Place::new().start(&[]).await.jwks().await.body, "{\"keys\":[]}");
}

#[tokio::test]
async fn the_set_may_be_kept_for_half_as_long_as_a_key_waits() {
    for (lead, max_age) in [("10m", 300), ("1h", 300), ("20s", 10), ("1s", 1)] {
        let place = Place::new();
        let server = place.start(&[("SIGNING_ALG", "EdDSA"), ("SIGNING_KEY_LEAD", lead)]).await;
        let expected = format!("public, max-age={max_age}");
        assert_eq!(server.jwks().await.header("cache-control"), expected, "{lead}");
    }
}

#[tokio::test]
async fn whoever_has_the_set_is_told_so() {
    let place = Place::new();
    let server = place.start(&[("SIGNING_ALG", "EdDSA")]).await;
    let etag = server.jwks().await.header("etag").to_owned();
    let not_modified = async |server: &Server, tag: &str| {
        let answer = server.get("/.well-known/jwks.json", Some(tag)).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert_eq!(answer.body.is_empty(), answer.status == 304);
        answer.status == 304
    };
    for (tag, expected) in [
        (etag.clone(), true),
        (format!("W/{etag}"), true),
        (format!("\"other\", {etag}"), true),
        ("*".to_owned(), true),
        ("\"other\"".to_owned(), false),
        (etag.replace('"', ""), false),
    ] {
        assert_eq!(not_modified(&server, &tag).await, expected, "RFC 9110 §13.1.2 {tag}");
    }
    server.rotate(Algorithm::EdDsa).await;
    server.refresh().await;
    assert!(!not_modified(&server, &etag).await, "another set");
}

#[tokio::test]
async fn jw03_what_is_published_signs_nothing() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let place = Place::new();
        let settings = [("SIGNING_ALG", algorithm), ("VERIFY_ALGS", algorithm)];
        let server = place.start(&settings).await;
        let kid = signed_by(&server.token().await);
        let document = server.jwks().await.json();
        let key = &document["keys"][0];
        let number = key["n"].as_str().or(key["x"].as_str()).unwrap();
        let now = server.now().seconds();
        let claims = Claims {
            iss: server.app.issuer(),
            sub: "machine",
            aud: server.app.audience(),
            exp: now + 60,
            iat: now,
            jti: "made-up",
            client_id: "machine",
            scope: &Scope::parse("me").unwrap(),
            grant_id: "made-up",
        };
        for secret in [key.to_string(), document.to_string(), number.to_owned(), kid] {
            let keys = SharedKeys::parse(secret.as_bytes()).unwrap();
            let token = Minter::hs256(keys.signing()).mint(&claims).unwrap();
            assert!(!server.is_active(&token).await, "JW03 {algorithm} {secret}");
            assert!(!server.is_believed(&token).await, "JW03 {algorithm} {secret}");
        }
    }
}
