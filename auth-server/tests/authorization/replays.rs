//! A code that comes back (RFC 6749 §4.1.2): its client's second use ends what the first one gave.

use std::time::Duration;

use futures_util::future::join_all;

use crate::{
    answer::{Tokens, verdict},
    flow::Flow,
    form::Form,
};

#[tokio::test]
async fn a_second_use_ends_what_the_first_one_gave() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (row, later, change) in [
        ("CX02 at once", 0, None),
        ("CX02 after 30 s", 30, None),
        ("CX02 after the code's life", 90, None),
        ("CX02 without the redirect URI", 0, Some(("redirect_uri", String::new()))),
        ("CX02 with a wrong verifier", 0, Some(("code_verifier", "w".repeat(43)))),
    ] {
        let code = flow.code(&browser, &Form::asking("app")).await;
        let first = flow.redeem("app", &code).await;
        let refreshed = flow.token(&Form::refreshing("app", &first.refresh)).await;
        let second = Tokens::of(&refreshed);
        let others = flow.code(&browser, &Form::asking("app")).await;
        let others = flow.redeem("app", &others).await;
        flow.server.advance(Duration::from_secs(later));
        let form = Form::redeeming("app", &code);
        let form = change.into_iter().fold(form, |form, (name, value)| form.with(name, value));
        let answer = flow.token(&form).await;
        assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "{row}");
        for tokens in [&first, &second] {
            assert!(!flow.is_active("app", &tokens.access).await, "{row}");
            assert!(!flow.is_active("app", &tokens.refresh).await, "{row}");
            let refresh = flow.token(&Form::refreshing("app", &tokens.refresh)).await;
            assert_eq!(verdict(&refresh), (400, "invalid_grant".to_owned()), "{row}");
        }
        assert!(flow.is_active("app", &others.access).await, "{row}: another login lives on");
        assert_eq!(flow.token(&form).await.status, 400, "{row}: a third use");
    }
}

#[tokio::test]
async fn a_public_clients_code_works_once_too() {
    let flow = Flow::start().await;
    let code = flow.code(&flow.johndoe().await, &Form::asking("spa")).await;
    let tokens = flow.redeem("spa", &code).await;
    let again = flow.token(&Form::redeeming("spa", &code)).await;
    assert_eq!(verdict(&again), (400, "invalid_grant".to_owned()), "CX02");
    let refresh = flow.token(&Form::refreshing("spa", &tokens.refresh)).await;
    assert_eq!(verdict(&refresh), (400, "invalid_grant".to_owned()), "CX02");
}

#[tokio::test]
async fn another_clients_use_of_a_used_code_does_nothing() {
    let flow = Flow::start().await;
    let code = flow.code(&flow.johndoe().await, &Form::asking("app")).await;
    let tokens = flow.redeem("app", &code).await;
    for other in ["rival", "spa", "house"] {
        for form in [
            Form::redeeming(other, &code),
            Form::redeeming(other, &code).without("redirect_uri"),
            Form::redeeming(other, &code).with("redirect_uri", "https://app.example/cb"),
        ] {
            let answer = flow.token(&form).await;
            assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX04 {other}");
        }
    }
    assert!(flow.is_active("app", &tokens.access).await, "CX04");
    assert_eq!(flow.token(&Form::refreshing("app", &tokens.refresh)).await.status, 200, "CX04");
}

#[tokio::test]
async fn of_many_uses_at_once_one_succeeds_and_the_others_end_it() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let code = flow.code(&browser, &Form::asking("app")).await;
    let form = Form::redeeming("app", &code);
    let answers = join_all((0..20).map(|_| flow.token(&form))).await;
    let (given, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(given.len(), 1);
    for answer in refused {
        assert_eq!(verdict(answer), (400, "invalid_grant".to_owned()));
    }
    assert!(!flow.is_active("app", &Tokens::of(given[0]).access).await);
}
