//! What happens while a request or a code waits: time passes, users and clients are shut out.

use std::time::Duration;

use auth_server::oauth::authorize::{self, Decision, Step};
use futures_util::TryFutureExt;
use scopegate_core::scope::Scope;
use scopegate_store::{clients, consents, sessions, users};

use crate::{
    answer::{is_error_page, json, refused, sent, verdict},
    flow::{Deed, Flow, Tab},
    form::Form,
    server::PASSWORD,
};

const LIFE: Duration = Duration::from_mins(15);

/// The last second of a request's life.
const LAST: Duration = Duration::from_secs(15 * 60 - 1);
const OVER: &str = "This request is over";

/// What shuts johndoe out.
const DEEDS: [(&str, Deed); 4] = [
    ("disabled", |conn, now| Box::pin(users::set_disabled(conn, "johndoe", true, now))),
    ("deleted", |conn, now| Box::pin(users::delete(conn, "johndoe", now))),
    ("another password", |conn, now| Box::pin(users::set_password(conn, "johndoe", "$x", now))),
    ("revoked", |conn, now| {
        Box::pin(async move { users::revoke(conn, "johndoe", now).await.map(|_| true) })
    }),
];

#[tokio::test]
async fn a_request_waits_a_quarter_of_an_hour() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app");
    let tab = Tab::open(&browser, &form).await;
    flow.server.advance(LAST);
    assert!(Tab { answer: browser.get(&tab.path).await, ..tab }.is_question());
    let tab = Tab::open(&browser, &form).await;
    flow.server.advance(LAST);
    sent(&tab.press(&browser, "allow").await, &form);
    let tab = Tab::open(&browser, &Form::asking("rival")).await;
    flow.server.advance(LIFE);
    for decision in ["allow", "deny"] {
        is_error_page(&tab.press(&browser, decision).await, 400, OVER, decision);
    }
    is_error_page(&browser.get(&tab.path).await, 400, OVER, "reloaded");
}

#[tokio::test]
async fn a_login_that_takes_longer_leads_to_the_end_of_the_request() {
    let flow = Flow::start().await;
    let browser = flow.server.browser();
    let tab = Tab::open(&browser, &Form::asking("app")).await;
    let login = format!("/login?request={}", tab.id());
    let csrf = browser.get(&login).await.csrf();
    flow.server.advance(LIFE);
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "johndoe"),
        ("password", PASSWORD),
        ("request", tab.id()),
    ];
    browser.post("/login", &fields).await.leads_to(&tab.path);
    is_error_page(&browser.get(&tab.path).await, 400, OVER, "after the login");
    is_error_page(&flow.server.browser().get(&login).await, 400, OVER, "the login page");
}

#[tokio::test]
async fn a_user_who_was_shut_out_while_the_page_stood_there_decides_nothing() {
    for (row, deed) in DEEDS {
        let flow = Flow::start().await;
        let browser = flow.johndoe().await;
        let tab = Tab::open(&browser, &Form::asking("app")).await;
        flow.does(deed).await;
        for decision in ["allow", "deny"] {
            let answer = tab.press(&browser, decision).await;
            answer.leads_to(&format!("/login?request={}", tab.id()));
        }
        let bob = flow.signed_in("bob").await;
        let tab = Tab { answer: bob.get(&tab.path).await, ..tab };
        assert!(tab.is_question(), "{row}: the request waits for somebody else");
    }
}

#[tokio::test]
async fn a_trusted_client_gets_no_code_for_a_user_who_was_shut_out() {
    for (_, deed) in DEEDS {
        let flow = Flow::start().await;
        let browser = flow.johndoe().await;
        let begun = browser.get(&Form::asking("house").url()).await;
        flow.does(deed).await;
        let answer = browser.get(begun.header("location")).await;
        answer.leads_to(&begun.header("location").replace("/authorize/", "/login?request="));
    }
}

#[tokio::test]
async fn a_session_that_ends_after_it_was_found_good_gets_no_code() {
    let flow = Flow::start().await;
    let app = &flow.server.app;
    let user = flow.signed_in_now().await;
    let house = sealed(&flow, "house").await;
    let (asks, waits) = (sealed(&flow, "app").await, sealed(&flow, "house").await);
    let step = authorize::resume(app, &house, Some(&user)).await.unwrap();
    assert!(matches!(step, Step::Redirect(_)), "it is good");
    flow.does(|conn, _| Box::pin(sessions::end_others(conn, "johndoe", "none").map_ok(|n| n == 1)))
        .await;
    let step = authorize::resume(app, &waits, Some(&user)).await.unwrap();
    assert!(matches!(step, Step::Login), "a trusted client");
    let shown = Scope::parse("me").unwrap();
    let step = authorize::decide(app, &asks, &user, Decision::Allow, Some(&shown)).await.unwrap();
    assert!(matches!(step, Step::Login), "a decision");
    let again = flow.johndoe().await;
    for (form, id) in [("house", waits), ("app", asks)] {
        let answer = again.get(&format!("/authorize/{id}")).await;
        assert_eq!(
            answer.status == 303,
            form == "house",
            "the request stands, nothing is remembered"
        );
    }
}

async fn sealed(flow: &Flow, client: &str) -> String {
    let begun = flow.server.browser().get(&Form::asking(client).url()).await;
    begun.header("location").trim_start_matches("/authorize/").to_owned()
}

#[tokio::test]
async fn a_client_that_was_shut_out_while_the_page_stood_there_is_sent_nothing() {
    let deeds: [(&str, Deed); 2] = [
        ("disabled", |conn, now| Box::pin(clients::set_disabled(conn, "app", true, now))),
        ("deleted", |conn, now| Box::pin(clients::delete(conn, "app", now))),
    ];
    for (row, deed) in deeds {
        let flow = Flow::start().await;
        let browser = flow.johndoe().await;
        let tab = Tab::open(&browser, &Form::asking("app")).await;
        flow.does(deed).await;
        for decision in ["allow", "deny"] {
            is_error_page(&tab.press(&browser, decision).await, 400, OVER, row);
        }
    }
}

#[tokio::test]
async fn scopes_that_were_taken_away_while_the_page_stood_there_are_not_granted() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app").with("scope", "me items");
    let tab = Tab::open(&browser, &form).await;
    flow.set_scopes("johndoe", "me").await;
    let code = sent(&tab.press(&browser, "allow").await, &form)["code"].clone();
    assert_eq!(flow.redeem("app", &code).await.scope, "me");
    let tab = Tab::open(&browser, &Form::asking("rival")).await;
    flow.set_scopes("johndoe", "items").await;
    let answer = tab.press(&browser, "allow").await;
    assert_eq!(refused(&answer, &Form::asking("rival")), "invalid_scope", "nothing is left");
}

#[tokio::test]
async fn scopes_that_came_while_the_page_stood_there_were_not_asked_for_and_are_not_granted() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    flow.set_scopes("johndoe", "me").await;
    let form = Form::asking("app").with("scope", "me items");
    let tab = Tab::open(&browser, &form).await;
    assert_eq!(tab.scopes(), ["me"]);
    flow.set_scopes("johndoe", "me items").await;
    let code = sent(&tab.press(&browser, "allow").await, &form)["code"].clone();
    assert_eq!(flow.redeem("app", &code).await.scope, "me");
    let again = Tab::open(&browser, &form).await;
    assert_eq!(again.scopes(), ["items", "me"], "what was not shown was not remembered either");
}

#[tokio::test]
async fn scopes_that_were_taken_away_while_the_code_waited_are_not_granted() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let code = flow.code(&browser, &Form::asking("app").with("scope", "me items")).await;
    flow.set_scopes("johndoe", "me").await;
    assert_eq!(flow.redeem("app", &code).await.scope, "me");
    let code = flow.code(&browser, &Form::asking("app").with("scope", "me")).await;
    flow.set_scopes("johndoe", "items").await;
    let answer = flow.token(&Form::redeeming("app", &code)).await;
    assert_eq!(json(&answer)["error"], "invalid_grant", "nothing is left");
}

#[tokio::test]
async fn a_form_that_does_not_say_what_was_shown_decides_nothing() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app").with("scope", "me items");
    let tab = Tab::open(&browser, &form).await;
    let csrf = tab.answer.csrf();
    for fields in [vec![], vec![("scope", "")], vec![("scope", "m\"e")]] {
        let fields = [vec![("csrf", csrf.as_str()), ("decision", "allow")], fields].concat();
        assert_eq!(browser.post(&tab.path, &fields).await.status, 400, "{fields:?}");
    }
    let more = [("csrf", csrf.as_str()), ("decision", "allow"), ("scope", "me admin")];
    let code = sent(&browser.post(&tab.path, &more).await, &form)["code"].clone();
    assert_eq!(flow.redeem("app", &code).await.scope, "me", "a form can only narrow");
}

#[tokio::test]
async fn a_withdrawal_is_not_undone_by_a_redirect_that_is_under_way() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app");
    for round in 0..20 {
        sent(&Tab::open(&browser, &form).await.press(&browser, "allow").await, &form);
        let path = browser.get(&form.url()).await.header("location").to_owned();
        let withdraw = flow.does(|conn, now| {
            Box::pin(async move { consents::withdraw(conn, "johndoe", "app", now).await })
        });
        let (answer, ()) = tokio::join!(browser.get(&path), withdraw);
        if answer.status == 303 {
            let code = sent(&answer, &form)["code"].clone();
            let redeemed = flow.token(&Form::redeeming("app", &code)).await;
            assert_eq!(redeemed.status, 400, "round {round}: {redeemed:?}");
        }
        assert!(Tab::open(&browser, &form).await.is_question(), "round {round}");
    }
}

#[tokio::test]
async fn a_look_decides_nothing() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let begun = browser.get(&Form::asking("house").url()).await;
    let path = begun.header("location");
    let answer = browser.head(path).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));
    sent(&browser.get(path).await, &Form::asking("house"));
}

#[tokio::test]
async fn a_redirect_uri_that_was_taken_away_while_the_page_stood_there_gets_nothing() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let tab = Tab::open(&browser, &Form::asking("app")).await;
    flow.does(|conn, now| {
        Box::pin(async move {
            let redirect_uris = Some(vec!["https://app.example/elsewhere".to_owned()]);
            let change = clients::ClientChange { redirect_uris, ..Default::default() };
            clients::set(conn, "app", &change, now).await
        })
    })
    .await;
    for decision in ["allow", "deny"] {
        is_error_page(&tab.press(&browser, decision).await, 400, OVER, decision);
    }
}

#[tokio::test]
async fn cx12_a_code_of_a_user_who_was_shut_out_is_worth_nothing() {
    for (row, deed) in DEEDS {
        let flow = Flow::start().await;
        let browser = flow.johndoe().await;
        let codes = [
            flow.code(&browser, &Form::asking("app")).await,
            flow.code(&browser, &Form::asking("spa")).await,
        ];
        flow.does(deed).await;
        for (client, code) in ["app", "spa"].into_iter().zip(codes) {
            let answer = flow.token(&Form::redeeming(client, &code)).await;
            assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX12 {row} {client}");
        }
    }
}

#[tokio::test]
async fn cx12_letting_a_user_in_again_revives_no_code() {
    let flow = Flow::start().await;
    let code = flow.code(&flow.johndoe().await, &Form::asking("app")).await;
    flow.does(|conn, now| Box::pin(users::set_disabled(conn, "johndoe", true, now))).await;
    flow.does(|conn, now| Box::pin(users::set_disabled(conn, "johndoe", false, now))).await;
    let answer = flow.token(&Form::redeeming("app", &code)).await;
    assert_eq!(verdict(&answer), (400, "invalid_grant".to_owned()), "CX12");
}

#[tokio::test]
async fn cx12_a_client_that_was_shut_out_redeems_nothing() {
    let flow = Flow::start().await;
    let code = flow.code(&flow.johndoe().await, &Form::asking("app")).await;
    flow.does(|conn, now| Box::pin(clients::set_disabled(conn, "app", true, now))).await;
    let answer = flow.token(&Form::redeeming("app", &code)).await;
    assert_eq!(verdict(&answer), (401, "invalid_client".to_owned()), "CX12");
}
