//! Keys that are where the issuer's metadata says (RFC 8414, `OpenID` Connect Discovery).

use std::time::Duration;

use tokio::time::advance;

use super::*;

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// The metadata of the issuer at this path of the stub, whose keys are at [`PATH`].
fn metadata(stub: &Stub, issuer: &str) -> Reply {
    good("", &json!({"issuer": stub.url(issuer), "jwks_uri": stub.url(PATH)}).to_string())
}

fn missing() -> Reply {
    Reply::Bytes(answer("404 Not Found", "", ""))
}

#[tokio::test(start_paused = true)]
async fn keys_are_found_by_the_metadata_at_either_place() {
    let _still = Still::new();
    let tenant = "/.well-known/oauth-authorization-server/tenant";
    for (name, issuer, place, asked) in [
        ("RFC 8414 §3", "", OAUTH, &[OAUTH, PATH][..]),
        ("OpenID Connect Discovery §4", "", OPENID, &[OAUTH, OPENID, PATH]),
        ("RFC 8414 §3.1", "/tenant", tenant, &[tenant, PATH]),
    ] {
        let (stub, key) = (Stub::start().await, new_key());
        stub.reply(place, metadata(&stub, issuer));
        stub.reply(PATH, key_set(&[&key]));
        let keys = Keys::discovered(stub.url(issuer)).build().unwrap();
        keys.ready().await;
        assert_eq!(stub.asked(), asked, "{name}");
        assert!(verifier(&keys).verify(&token(&key)).await.is_ok(), "{name}");
        assert_eq!(keys.states()[0].name, format!("the keys of {}", stub.url(issuer)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_place_is_asked_only_if_there_is_nothing_at_the_first() {
    let _still = Still::new();
    let other = json!({"issuer": "https://other.example", "jwks_uri": "https://other.example/"});
    for (name, first, expected, asked) in [
        ("nothing", missing(), None, &[OAUTH, OPENID, PATH][..]),
        ("a page", good("", "<!doctype html>"), None, &[OAUTH, OPENID, PATH]),
        ("trouble", Reply::Bytes(answer("503 Busy", "", "")), Some("answered 503"), &[OAUTH]),
        ("another's", good("", &other.to_string()), Some("of another issuer"), &[OAUTH]),
    ] {
        let (stub, key) = (Stub::start().await, new_key());
        stub.reply(OAUTH, first);
        stub.reply(OPENID, metadata(&stub, ""));
        stub.reply(PATH, key_set(&[&key]));
        let keys = Keys::discovered(stub.url("")).build().unwrap();
        until(name, || keys.is_ready() || keys.states()[0].error.is_some()).await;
        let error = keys.states()[0].error.clone();
        assert_eq!(keys.is_ready(), expected.is_none(), "{name}");
        assert!(error.unwrap_or_default().contains(expected.unwrap_or_default()), "{name}");
        assert_eq!(stub.asked(), asked, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_metadata_is_read_again_when_the_keys_have_moved() {
    let _still = Still::new();
    let (stub, [old, new]) = (Stub::start().await, [new_key(), new_key()]);
    stub.reply(OAUTH, metadata(&stub, ""));
    stub.reply(PATH, key_set(&[&old]));
    let keys = Keys::discovered(stub.url("")).build().unwrap();
    keys.ready().await;
    advance(Duration::from_secs(226)).await;
    stub.was_asked(3).await;
    until("the second fetch", || keys.states()[0].age == Some(Duration::ZERO)).await;
    assert_eq!(stub.asked(), [OAUTH, PATH, PATH], "it is not read each time");

    let moved = json!({"issuer": stub.url(""), "jwks_uri": stub.url("/moved")});
    stub.reply(OAUTH, good("", &moved.to_string()));
    stub.reply("/moved", key_set(&[&new]));
    stub.reply(PATH, missing());
    advance(Duration::from_secs(226)).await;
    until("a failure", || keys.states()[0].error.is_some()).await;
    advance(Duration::from_secs(2)).await;
    until("the move", || keys.states()[0].error.is_none()).await;
    assert_eq!(stub.asked()[3..], [PATH, OAUTH, "/moved"]);
    assert!(verifier(&keys).verify(&token(&new)).await.is_ok());

    stub.reply(OAUTH, metadata(&stub, ""));
    stub.reply(PATH, key_set(&[&old]));
    keys.reload().await;
    assert_eq!(stub.asked()[6..], [OAUTH, PATH], "a reload reads it again");
}

#[tokio::test(start_paused = true)]
async fn one_fetch_has_one_time_limit_metadata_included() {
    let _still = Still::new();
    let stub = Stub::start().await;
    stub.reply(OAUTH, Reply::Stall(Vec::new()));
    let keys = Keys::discovered(stub.url("")).timeout(Duration::from_secs(2)).build().unwrap();
    stub.was_asked(1).await;
    advance(Duration::from_secs(2)).await;
    until("the end", || keys.states()[0].error.as_deref() == Some("no answer within 2s")).await;
}
