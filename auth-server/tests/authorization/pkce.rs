//! PKCE (RFC 7636): S256, for every client, with no way around it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    answer::{refused, verdict},
    flow::Flow,
    form::{CHALLENGE, Form, VERIFIER},
};

#[tokio::test]
async fn a_challenge_that_is_no_sha_256_is_refused() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let challenge = |text: &str| vec![("code_challenge", text.to_owned())];
    let method = |text: &str| vec![("code_challenge_method", text.to_owned())];
    let odd = |character: char| challenge(&format!("{}{character}", &CHALLENGE[..42]));
    for (row, changes) in [
        ("PK02 empty", challenge("")),
        ("PK03 plain", method("plain")),
        ("PK03 plain by default", method("")),
        ("PK04 another case", method("s256")),
        ("PK04 unknown", method("S512")),
        ("PK04 a space behind", method("S256 ")),
        ("PK05 42 characters", challenge(&CHALLENGE[..42])),
        ("PK05 44 characters", challenge(&format!("{CHALLENGE}A"))),
        ("PK05 129 characters", challenge(&"A".repeat(129))),
        ("PK05 20,000 characters", challenge(&"A".repeat(20_000))),
        ("PK05 padding", odd('=')),
        ("PK05 standard alphabet", odd('+')),
        ("PK05 standard alphabet", odd('/')),
        ("PK05 a space", odd(' ')),
        ("PK05 a NUL", odd('\0')),
        ("PK05 beyond ASCII", odd('é')),
        ("PK05 43 bytes, beyond ASCII", challenge(&format!("{}é", &CHALLENGE[..41]))),
    ] {
        for client in ["app", "spa", "native", "house"] {
            let form = changes
                .iter()
                .fold(Form::asking(client), |form, (name, value)| form.with(name, value.as_str()));
            let error = refused(&browser.get(&form.url()).await, &form);
            assert_eq!(error, "invalid_request", "{row}, {client}");
        }
    }
}

#[tokio::test]
async fn no_client_may_do_without_a_challenge_or_its_method() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for client in ["app", "spa", "native", "house"] {
        for form in [
            Form::asking(client).without("code_challenge").without("code_challenge_method"),
            Form::asking(client).without("code_challenge"),
            Form::asking(client).without("code_challenge_method"),
        ] {
            let error = refused(&browser.get(&form.url()).await, &form);
            assert_eq!(error, "invalid_request", "PK01, PK03 {client}");
        }
    }
}

#[tokio::test]
async fn pk07_a_wrong_verifier_burns_the_code() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let other = VERIFIER.replace('d', "e");
    for (row, client, wrong) in [
        ("PK07 another", "house", other.as_str()),
        ("PK07 another, public client", "spa", other.as_str()),
        ("PK07 the challenge", "house", CHALLENGE),
        ("PK07 a character less", "house", &VERIFIER[..42]),
        ("PK07 a character more", "house", &format!("{VERIFIER}A")),
        ("PK07 another case", "house", &VERIFIER.to_uppercase()),
        ("PK07 a line break behind", "house", &format!("{VERIFIER}\n")),
        ("PK07 a space before", "house", &format!(" {VERIFIER}")),
        ("PK07 a NUL behind", "house", &format!("{VERIFIER}\0")),
        ("PK07 beyond ASCII", "house", "é"),
        ("PK07 20,000 characters", "house", &"A".repeat(20_000)),
    ] {
        let code = flow.code(&browser, &Form::asking(client)).await;
        let form = Form::redeeming(client, &code);
        let guess = form.clone().with("code_verifier", wrong);
        assert_eq!(verdict(&flow.token(&guess).await), (400, "invalid_grant".to_owned()), "{row}");
        let right = flow.token(&form).await;
        assert_eq!(verdict(&right), (400, "invalid_grant".to_owned()), "{row}: the code is burnt");
    }
}

#[tokio::test]
async fn a_verifier_has_the_length_and_the_alphabet_of_the_rfc() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (row, verifier, status) in [
        ("RFC 7636 §4.1 43 characters", "a".repeat(43), 200),
        ("RFC 7636 §4.1 128 characters", "a".repeat(128), 200),
        ("RFC 7636 §4.1 the alphabet", "AZaz09-._~".repeat(5), 200),
        ("RFC 7636 §4.1 42 characters", "a".repeat(42), 400),
        ("RFC 7636 §4.1 129 characters", "a".repeat(129), 400),
        ("RFC 7636 §4.1 another alphabet", "a+b/c=d ".repeat(6), 400),
        ("RFC 7636 §4.1 beyond ASCII", "é".repeat(43), 400),
    ] {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let form = Form::asking("house").with("code_challenge", challenge);
        let code = flow.code(&browser, &form).await;
        let form = Form::redeeming("house", &code).with("code_verifier", verifier);
        assert_eq!(flow.token(&form).await.status, status, "{row}");
    }
}

#[tokio::test]
async fn an_exchange_without_a_verifier_is_no_request_and_leaves_the_code_whole() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let code = flow.code(&browser, &Form::asking("house")).await;
    let form = Form::redeeming("house", &code);
    for without in [
        form.clone().without("code_verifier"),
        form.clone().with("code_verifier", ""),
        form.clone().also("code_verifier", VERIFIER),
    ] {
        let answer = flow.token(&without).await;
        assert_eq!(verdict(&answer), (400, "invalid_request".to_owned()), "PK10");
    }
    assert_eq!(flow.token(&form).await.status, 200);
}

#[tokio::test]
async fn pk12_a_stolen_code_is_worth_nothing_in_another_flow() {
    let flow = Flow::start().await;
    let victim = flow.code(&flow.johndoe().await, &Form::asking("spa")).await;
    let own = "attacker-".repeat(6);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&own));
    let asking = Form::asking("spa").with("code_challenge", challenge);
    let attackers = flow.code(&flow.signed_in("bob").await, &asking).await;
    let injected = Form::redeeming("spa", &victim).with("code_verifier", own.as_str());
    let answer = flow.token(&injected).await;
    assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "PK12");
    let own = Form::redeeming("spa", &attackers).with("code_verifier", own);
    assert_eq!(flow.token(&own).await.status, 200, "PK12: the attacker's own flow goes on");
}
