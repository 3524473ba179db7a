//! What a code is worth, to whom, and for how long (RFC 6749 §4.1.3).

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    answer::{Tokens, json, private, verdict},
    flow::Flow,
    form::Form,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn cx01_the_right_exchange_gives_tokens_of_the_user_for_the_client() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for client in ["app", "spa", "native", "house", "local"] {
        let form = Form::asking(client).with("scope", "me items");
        let code = flow.code(&browser, &form).await;
        let answer = flow.token(&Form::redeeming(client, &code)).await;
        assert_eq!(answer.status, 200, "CX01 {client}: {answer:?}");
        private(&answer);
        let body = json(&answer);
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["access_token", "expires_in", "refresh_token", "scope", "token_type"];
        assert_eq!(members.iter().copied().collect::<BTreeSet<_>>(), expected.into(), "CX01");
        assert_eq!((&body["token_type"], &body["scope"]), (&"bearer".into(), &"items me".into()));
        let tokens = Tokens::of(&answer);
        let claims = tokens.claims();
        assert_eq!((&claims["sub"], &claims["client_id"]), (&"johndoe".into(), &client.into()));
        let refreshed = flow.token(&Form::refreshing(client, &tokens.refresh)).await;
        let refreshed = Tokens::of(&refreshed).claims();
        assert_eq!(refreshed["grant_id"], claims["grant_id"], "one grant over refreshes");
    }
}

#[tokio::test]
async fn the_redirect_uri_may_be_left_out_and_is_identical_where_it_is_sent() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let native = "http://127.0.0.1:51004/cb";
    let asking = Form::asking("native").with("redirect_uri", native);
    for form in [asking, Form::asking("house")] {
        let code = flow.code(&browser, &form).await;
        let (client, uri) = (form.value("client_id"), form.value("redirect_uri"));
        let right = Form::redeeming(client, &code).with("redirect_uri", uri);
        for other in [
            format!("{uri}/"),
            format!("{uri}#"),
            format!("{uri} "),
            format!("{uri}\0"),
            uri[..uri.len() - 1].to_owned(),
            uri.to_uppercase(),
            uri.replace("://", "://x@"),
            "http://127.0.0.1/cb".to_owned(),
            "http://127.0.0.1:51005/cb".to_owned(),
            "https://app.example/cb".to_owned(),
            "x".repeat(100_000),
        ] {
            let answer = flow.token(&right.clone().with("redirect_uri", other)).await;
            assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX06 {uri}");
        }
        assert_eq!(flow.token(&right).await.status, 200, "CX06: that left the code whole");
        let code = flow.code(&browser, &form).await;
        let without = Form::redeeming(client, &code).without("redirect_uri");
        assert_eq!(flow.token(&without).await.status, 200, "OAuth 2.1 §4.1.3");
        let code = flow.code(&browser, &form).await;
        let empty = Form::redeeming(client, &code).with("redirect_uri", "");
        assert_eq!(flow.token(&empty).await.status, 200, "an empty one counts as left out");
    }
}

#[tokio::test]
async fn cx04_another_clients_try_leaves_the_code_whole() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (owner, others) in [("app", ["rival", "spa"]), ("spa", ["app", "native"])] {
        let code = flow.code(&browser, &Form::asking(owner)).await;
        let form = Form::redeeming(owner, &code);
        for other in others {
            let uri = form.value("redirect_uri");
            let verifier = "w".repeat(43);
            for try_ in [
                Form::redeeming(other, &code),
                Form::redeeming(other, &code).with("redirect_uri", uri),
                Form::redeeming(other, &code).without("redirect_uri"),
                Form::redeeming(other, &code).with("code_verifier", verifier),
            ] {
                let answer = flow.token(&try_).await;
                assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX04 {other}");
            }
        }
        let wrong = flow.token(&form.clone().with("client_secret", "w".repeat(43))).await;
        assert_eq!(verdict(&wrong), (401, "invalid_client".to_owned()), "CX04 a wrong secret");
        let gone = flow.token(&form.clone().with("client_id", "nobody")).await;
        assert_eq!(gone.status, 401, "CX04 an unknown client");
        assert_eq!(flow.token(&form).await.status, 200, "CX04 {owner}");
    }
    let code = flow.code(&browser, &Form::asking("app")).await;
    let denied = flow.token(&Form::redeeming("no-code", &code)).await;
    assert_eq!(verdict(&denied), (400, "unauthorized_client".to_owned()), "CX04");
}

#[tokio::test]
async fn cx08_a_code_lives_for_a_minute() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (seconds, status) in [(59, 200), (60, 400), (61, 400), (3600, 400)] {
        let code = flow.code(&browser, &Form::asking("house")).await;
        flow.server.advance(seconds * SECOND);
        let answer = flow.token(&Form::redeeming("house", &code)).await;
        assert_eq!(answer.status, status, "CX08 after {seconds} s: {answer:?}");
        if status == 400 {
            assert_eq!(verdict(&answer).1, "invalid_grant", "CX08 after {seconds} s");
        }
    }
}

#[tokio::test]
async fn cx09_only_the_code_itself_is_taken() {
    let flow = Flow::start().await;
    let code = flow.code(&flow.johndoe().await, &Form::asking("app")).await;
    let flipped = if code.starts_with('A') { "B" } else { "A" };
    for (row, other) in [
        ("a letter changed", format!("{flipped}{}", &code[1..])),
        ("a letter less", code[..code.len() - 1].to_owned()),
        ("a letter more", format!("{code}A")),
        ("another case", swap_case(&code)),
        ("a space before", format!(" {code}")),
        ("a space behind", format!("{code} ")),
        ("a line break behind", format!("{code}\n")),
        ("padding", format!("{code}=")),
        ("a NUL behind", format!("{code}\0")),
        ("twice in a row", format!("{code}{code}")),
        ("beyond ASCII", "é☃".to_owned()),
        ("20,000 characters", "A".repeat(20_000)),
    ] {
        let answer = flow.token(&Form::redeeming("app", &other)).await;
        assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX09 {row}");
    }
    let form = Form::redeeming("app", &code);
    for (row, form) in [
        ("none", form.clone().without("code")),
        ("empty", form.clone().with("code", "")),
        ("twice", form.clone().also("code", code.as_str())),
    ] {
        let answer = flow.token(&form).await;
        assert_eq!(verdict(&answer), (400, "invalid_request".to_owned()), "CX09 {row}");
    }
    let in_query = flow.post(&format!("/token?code={code}"), &form.clone().without("code")).await;
    assert_eq!(verdict(&in_query), (400, "invalid_request".to_owned()), "CX09 in the URL");
    assert_eq!(flow.token(&form).await.status, 200);
}

#[tokio::test]
async fn a_code_is_not_a_token_of_another_kind() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let code = flow.code(&browser, &Form::asking("app")).await;
    assert_eq!(flow.token(&Form::refreshing("app", &code)).await.status, 400);
    assert!(!flow.is_active("app", &code).await);
    let revoked = flow.post("/revoke", &Form::proved("app").with("token", code.as_str())).await;
    assert_eq!(revoked.status, 200);
    let tokens = flow.redeem("app", &code).await;
    for other in [tokens.refresh, tokens.access] {
        assert_eq!(flow.token(&Form::redeeming("app", &other)).await.status, 400);
    }
}

#[tokio::test]
async fn cx14_codes_are_256_bits_without_structure() {
    const COUNT: u32 = 200;
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let mut codes: Vec<Vec<u8>> = Vec::new();
    for _ in 0..COUNT {
        let code = flow.code(&browser, &Form::asking("house")).await;
        let bytes = URL_SAFE_NO_PAD.decode(code).unwrap();
        assert_eq!(bytes.len(), 32, "CX14");
        codes.push(bytes);
    }
    let ones: u32 = codes.iter().flatten().map(|byte| byte.count_ones()).sum();
    let half = COUNT * 256 / 2;
    // Seven standard deviations to either side: a test that fails by chance once in 10¹¹ runs.
    assert!(ones.abs_diff(half) < 800, "CX14: {ones} of {}", 2 * half);
    for (at, one) in codes.iter().enumerate() {
        for other in &codes[..at] {
            let distance: u32 = one.iter().zip(other).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert!(distance > 64, "CX14: two codes differ in {distance} bits");
        }
    }
}

fn swap_case(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}
