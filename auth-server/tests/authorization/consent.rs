//! The user's decision: what the page shows, when it is asked, and what is remembered of it.

use crate::{
    answer::{refused, sent},
    flow::{Flow, Tab},
    form::Form,
};

#[tokio::test]
async fn the_page_shows_what_would_be_granted_and_that_is_what_is_granted() {
    let flow = Flow::start().await;
    flow.set_scopes("bob", "me").await;
    let (johndoe, bob) = (flow.johndoe().await, flow.signed_in("bob").await);
    for (row, browser, asked, shown, granted) in [
        ("one", &johndoe, "me", vec!["me"], "me"),
        ("two", &johndoe, "me items", vec!["items", "me"], "items me"),
        ("SC02 what the user lacks is left out", &bob, "me items admin", vec!["me"], "me"),
        ("none: a token without scopes", &johndoe, "", vec![], ""),
    ] {
        let form = Form::asking("native").with("scope", asked);
        let tab = Tab::open(browser, &form).await;
        assert_eq!(tab.scopes(), shown, "{row}");
        let code = sent(&tab.press(browser, "allow").await, &form)["code"].clone();
        let tokens = flow.redeem("native", &code).await;
        assert_eq!(tokens.scope, granted, "{row}");
        let claim = tokens.claims()["scope"].as_str().unwrap_or_default().to_owned();
        assert_eq!(claim, granted, "{row}");
    }
    let form = Form::asking("app").with("scope", "items admin");
    let answer = Tab::open(&bob, &form).await.answer;
    assert_eq!(refused(&answer, &form), "invalid_scope", "SC02 nothing is left");
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_whose_account_it_is() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let tab = Tab::open(&browser, &Form::asking("app").with("scope", "me items")).await;
    for text in [
        "Read about the user.",
        "Read items.",
        "<bdi>johndoe</bdi>",
        "https:&#x2f;&#x2f;app.example<",
    ] {
        tab.answer.shows(200, text);
    }
    Tab::open(&browser, &Form::asking("app").without("scope"))
        .await
        .answer
        .shows(200, "It asks for no permissions");
}

#[tokio::test]
async fn a_refusal_is_told_the_client_and_ends_the_request() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for client in ["app", "spa", "native"] {
        let form = Form::asking(client);
        let tab = Tab::open(&browser, &form).await;
        let answer = tab.press(&browser, "deny").await;
        assert_eq!(refused(&answer, &form), "access_denied", "RFC 6749 §4.1.2.1 {client}");
        tab.press(&browser, "allow").await.shows(400, "This request is over");
        browser.get(&tab.path).await.shows(400, "This request is over");
        assert!(Tab::open(&browser, &form).await.is_question(), "a refusal is not remembered");
    }
}

#[tokio::test]
async fn a_consent_is_remembered_for_the_same_or_fewer_scopes() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for client in ["app", "spa", "local"] {
        flow.code(&browser, &Form::asking(client)).await;
        for (row, scope, is_asked) in [
            ("the same", "me", false),
            ("none", "", false),
            ("AZ20 one more", "me items", true),
            ("another", "items", true),
            ("what the user does not hold does not count", "me admin", false),
        ] {
            let form = Form::asking(client).with("scope", scope);
            let tab = Tab::open(&browser, &form).await;
            assert_eq!(tab.is_question(), is_asked, "{client}: {row}");
            if is_asked {
                tab.press(&browser, "deny").await;
            } else {
                let code = sent(&tab.answer, &form)["code"].clone();
                flow.token(&Form::redeeming(client, &code)).await;
            }
        }
        flow.code(&browser, &Form::asking(client).with("scope", "items")).await;
        let both = Tab::open(&browser, &Form::asking(client).with("scope", "me items")).await;
        assert!(!both.is_question(), "{client}: what was allowed adds up");
    }
}

#[tokio::test]
async fn a_consent_is_one_users_for_one_client() {
    let flow = Flow::start().await;
    flow.code(&flow.johndoe().await, &Form::asking("app")).await;
    let bob = flow.signed_in("bob").await;
    assert!(Tab::open(&bob, &Form::asking("app")).await.is_question(), "another user");
    let johndoe = flow.johndoe().await;
    assert!(Tab::open(&johndoe, &Form::asking("rival")).await.is_question(), "another client");
    assert!(!Tab::open(&johndoe, &Form::asking("app")).await.is_question(), "another browser");
}

#[tokio::test]
async fn a_scope_that_the_user_gets_later_is_asked_for() {
    let flow = Flow::start().await;
    flow.set_scopes("johndoe", "me").await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app").with("scope", "me items");
    flow.code(&browser, &form).await;
    assert!(!Tab::open(&browser, &form).await.is_question());
    flow.set_scopes("johndoe", "me items").await;
    assert_eq!(Tab::open(&browser, &form).await.scopes(), ["items", "me"]);
}

#[tokio::test]
async fn az20_a_public_client_whom_the_redirect_does_not_prove_is_asked_for_each_time() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for uri in ["http://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "com.example.app:/cb"] {
        let form = Form::asking("native").with("redirect_uri", uri);
        for _ in 0..2 {
            let tab = Tab::open(&browser, &form).await;
            assert!(tab.is_question(), "AZ20 {uri}");
            sent(&tab.press(&browser, "allow").await, &form);
        }
    }
}

#[tokio::test]
async fn a_client_that_the_operator_trusts_is_never_asked_for() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("house").with("scope", "me items");
    let tab = Tab::open(&browser, &form).await;
    let tokens = flow.redeem("house", &sent(&tab.answer, &form)["code"]).await;
    assert_eq!(tokens.scope, "items me");
    let stranger = flow.server.browser();
    let tab = Tab::open(&stranger, &form).await;
    tab.answer.leads_to(&format!("/login?request={}", tab.id()));
}

#[tokio::test]
async fn a_consent_that_was_withdrawn_is_asked_for_again() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let code = flow.code(&browser, &Form::asking("app")).await;
    let tokens = flow.redeem("app", &code).await;
    let waiting = flow.code(&browser, &Form::asking("app")).await;
    let withdraw = [("client_id", "app")];
    browser
        .submit("/account", "/account/apps/withdraw", &withdraw)
        .await
        .leads_to("/account?done=withdrawn");
    assert!(Tab::open(&browser, &Form::asking("app")).await.is_question());
    assert!(!flow.is_active("app", &tokens.access).await);
    assert_eq!(flow.token(&Form::redeeming("app", &waiting)).await.status, 400);
}
