//! One request in several tabs, several users at one browser, and forms that are not of this
//! browser: each request is answered once, by the user who saw it.

use futures_util::future::join_all;

use crate::{
    answer::{is_error_page, sent},
    flow::{Flow, Tab},
    form::Form,
    server::PASSWORD,
};

const OVER: &str = "This request is over";

#[tokio::test]
async fn a_consent_form_that_is_sent_twice_is_taken_once() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let tab = Tab::open(&browser, &Form::asking("app")).await;
    let code = sent(&tab.press(&browser, "allow").await, &Form::asking("app"))["code"].clone();
    for decision in ["allow", "deny"] {
        is_error_page(&tab.press(&browser, decision).await, 400, OVER, decision);
    }
    is_error_page(&browser.get(&tab.path).await, 400, OVER, "reloaded");
    flow.redeem("app", &code).await;
}

#[tokio::test]
async fn of_many_decisions_at_once_one_counts() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for _ in 0..5 {
        let tab = Tab::open(&browser, &Form::asking("native")).await;
        let presses = (0..10).map(|n| tab.press(&browser, ["allow", "deny"][n % 2]));
        let answers = join_all(presses).await;
        let (taken, over): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 303);
        assert_eq!(taken.len(), 1);
        sent(taken[0], &Form::asking("native"));
        for answer in over {
            is_error_page(answer, 400, OVER, "the others");
        }
    }
}

#[tokio::test]
async fn of_many_tabs_of_a_settled_request_one_gets_the_code() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let begun = browser.get(&Form::asking("house").url()).await;
    let path = begun.header("location");
    let answers = join_all((0..10).map(|_| browser.get(path))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
}

#[tokio::test]
async fn two_tabs_with_a_request_each_are_answered_each() {
    let flow = Flow::start().await;
    let browser = flow.server.browser();
    let one = Form::asking("app").with("state", "one");
    let two = Form::asking("rival").with("state", "two").with("scope", "items");
    let (first, second) = (Tab::open(&browser, &one).await, Tab::open(&browser, &two).await);
    assert_ne!(first.path, second.path);
    first.answer.leads_to(&format!("/login?request={}", first.id()));
    let login = format!("/login?request={}", first.id());
    let fields = [("username", "johndoe"), ("password", PASSWORD), ("request", first.id())];
    browser.submit(&login, "/login", &fields).await.leads_to(&first.path);
    let second = Tab { answer: browser.get(&second.path).await, ..second };
    let first = Tab { answer: browser.get(&first.path).await, ..first };
    let later = sent(&second.press(&browser, "allow").await, &two)["code"].clone();
    let earlier = sent(&first.press(&browser, "allow").await, &one)["code"].clone();
    assert_eq!(flow.redeem("app", &earlier).await.scope, "me");
    assert_eq!(flow.redeem("rival", &later).await.scope, "items");
}

#[tokio::test]
async fn ui02_a_decision_needs_the_token_of_this_browser() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let strangers = flow.signed_in("bob").await.get("/account").await.csrf();
    let mine = flow.johndoe().await.get("/account").await.csrf();
    let tab = Tab::open(&browser, &Form::asking("app")).await;
    for (row, token) in [
        ("UI02 none", None),
        ("UI02 empty", Some("")),
        ("UI02 another user's", Some(strangers.as_str())),
        ("UI02 of another browser of the user", Some(mine.as_str())),
        ("UI02 the request's id", Some(tab.id())),
    ] {
        let mut fields = vec![("decision", "allow")];
        fields.extend(token.map(|token| ("csrf", token)));
        let answer = browser.post(&tab.path, &fields).await;
        is_error_page(&answer, 403, "This page is out of date", row);
    }
    let csrf = tab.answer.csrf();
    let cookie = browser.cookie();
    browser.set_cookie(None);
    let answer = browser.post(&tab.path, &[("csrf", &csrf), ("decision", "allow")]).await;
    is_error_page(&answer, 403, "Your browser sent no cookie", "UI02 no cookie");
    browser.set_cookie(cookie);
    sent(&tab.press(&browser, "allow").await, &Form::asking("app"));
}

#[tokio::test]
async fn ui02_a_get_decides_nothing_and_a_form_without_a_decision_neither() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let tab = Tab::open(&browser, &Form::asking("app")).await;
    let csrf = tab.answer.csrf();
    for query in ["decision=allow", "approve=1", &format!("decision=allow&csrf={csrf}")] {
        let answer = browser.get(&format!("{}?{query}", tab.path)).await;
        assert!(Tab { path: tab.path.clone(), answer }.is_question(), "UI02 {query}");
    }
    for decision in ["", "yes", "ALLOW", "allow ", "allow\0"] {
        let answer = tab.press(&browser, decision).await;
        is_error_page(&answer, 400, "This form cannot be read", decision);
    }
    let both = [("csrf", csrf.as_str()), ("decision", "deny"), ("decision", "allow")];
    let answer = browser.post(&tab.path, &both).await;
    is_error_page(&answer, 400, "This form cannot be read", "both");
    sent(&tab.press(&browser, "allow").await, &Form::asking("app"));
}

#[tokio::test]
async fn ui11_a_page_of_before_a_change_of_user_decides_nothing() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let of_johndoe = Tab::open(&browser, &Form::asking("app")).await;
    browser.submit("/account", "/logout", &[]).await.leads_to("/login");
    let answer = of_johndoe.press(&browser, "allow").await;
    is_error_page(&answer, 403, "Your browser sent no cookie", "UI11 signed out");
    browser.sign_in("bob", PASSWORD).await.leads_to("/account");
    for decision in ["allow", "deny"] {
        let answer = of_johndoe.press(&browser, decision).await;
        is_error_page(&answer, 403, "This page is out of date", "UI11");
    }
    let of_bob = Tab { answer: browser.get(&of_johndoe.path).await, ..of_johndoe };
    let code = sent(&of_bob.press(&browser, "allow").await, &Form::asking("app"))["code"].clone();
    assert_eq!(flow.redeem("app", &code).await.claims()["sub"], "bob", "UI11");
    let again = Tab::open(&flow.johndoe().await, &Form::asking("app")).await;
    assert!(again.is_question(), "UI11: bob's consent is not johndoe's");
}

#[tokio::test]
async fn another_account_can_be_used_for_the_request() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let form = Form::asking("app");
    let tab = Tab::open(&browser, &form).await;
    let fields = [("request", tab.id())];
    let login = format!("/login?request={}", tab.id());
    browser.submit(&tab.path, "/logout", &fields).await.leads_to(&login);
    let fields = [("username", "bob"), ("password", PASSWORD), ("request", tab.id())];
    browser.submit(&login, "/login", &fields).await.leads_to(&tab.path);
    let tab = Tab { answer: browser.get(&tab.path).await, ..tab };
    tab.answer.shows(200, "<bdi>bob</bdi>");
    let code = sent(&tab.press(&browser, "allow").await, &form)["code"].clone();
    assert_eq!(flow.redeem("app", &code).await.claims()["sub"], "bob");
}
