//! The audit log as operators read it: who did what, by request and by command, and what an id means.

use crate::harness::{Answer, Place, REACH, Stack, eventually};

#[tokio::test]
async fn an_operator_sees_who_did_what_and_why_it_was_refused() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me").await;
    stack.auth.refresh(&tokens.refresh).await;
    stack.auth.password("johndoe", "wrong", "me").await;
    stack.place.run(&["user", "disable", "bob"]).done();
    let wrong = eventually("refusals are written", REACH, async || {
        let found = stack.place.run(&["audit", "--event", "token", "--json"]).json();
        let last = found.as_array().expect("a list").last().cloned();
        last.filter(|entry| entry["outcome"] == "refused")
    })
    .await;
    let fields = ["event", "reason", "subject", "client_id", "address"];
    assert_eq!(
        fields.map(|field| wrong[field].as_str().unwrap_or("-")),
        ["token.password", "wrong_password", "johndoe", "first-party", "127.0.0.1"]
    );
    let all = stack.place.run(&["audit", "--since", "1h"]).done();
    for words in ["token.refresh_token  done", "user.disable", "command (", "apply ("] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let bob = stack.place.run(&["audit", "--subject", "bob", "--limit", "1", "--json"]).json();
    assert_eq!((&bob[0]["event"], &bob[0]["client_id"]), (&"user.disable".into(), &().into()));
    let none = stack.place.run(&["audit", "--client", "nobody", "--json"]).json();
    assert_eq!(none, serde_json::json!([]));
    for secret in [tokens.refresh.as_str(), &tokens.access, "wrong\"", "secret\""] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn the_id_of_an_error_page_is_explained() {
    let stack = Stack::start().await;
    let page = stack.auth.get("/authorize?client_id=spa&redirect_uri=https://evil.example").await;
    let id = page.header("x-request-id").to_owned();
    assert!(page.body.contains(&id), "the page shows it: {page:?}");
    let told = eventually("the refusal is written", REACH, async || {
        let outcome = stack.place.run(&["explain", &id]).outcome();
        (outcome.code == Some(0)).then_some(outcome.stdout)
    })
    .await;
    for words in [
        "an app's request to sign somebody in, and it was refused",
        "The reason: the redirect_uri is missing, or not registered for the client.",
        "client  spa",
        "What helps: It has to match character by character",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let unknown = stack.place.run(&["explain", "nonsense"]).refused();
    assert!(unknown.contains("nothing is known of the request \"nonsense\""), "{unknown}");
}

#[tokio::test]
async fn what_waits_is_written_when_the_server_stops() {
    let stack = Stack::start().await;
    let answer = Answer::to(stack.auth.post().form(&[("grant_type", "magic")])).await;
    let id = answer.header("x-request-id").to_owned();
    let Stack { auth, place, .. } = stack;
    auth.stop().await;
    let told = place.run(&["audit", "--request", &id, "--json"]).json();
    assert_eq!(told[0]["reason"], "unsupported_grant_type", "{told}");
}

#[tokio::test]
async fn commands_leave_an_entry_each_and_refused_ones_none() {
    let place = Place::empty();
    for line in [
        "scope add me",
        "user add ann --no-password --scopes me",
        "user set ann --full-name Ann",
        "user set-scopes ann me",
        "user disable ann",
        "user enable ann",
        "user revoke ann",
        "client add app --public --grants password --scopes me",
        "client set app --name App",
        "client disable app",
        "client enable app",
        "client add web --grants client_credentials",
        "client rotate-secret web",
        "client delete web --yes",
        "user delete ann --yes",
        "scope set me --description Me",
        "scope delete me --yes",
    ] {
        place.run(&line.split(' ').collect::<Vec<_>>()).done();
    }
    for line in ["user disable nobody", "client delete nobody --yes", "user add app --no-password"]
    {
        place.run(&line.split(' ').collect::<Vec<_>>()).refused();
    }
    let told = place.run(&["audit", "--json"]).json();
    let told: Vec<_> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            assert!(entry["actor"].as_str().is_some_and(|actor| actor.starts_with("command (")));
            let whom = entry["subject"].as_str().or(entry["client_id"].as_str());
            let whom = whom.or(entry["detail"].as_str()).unwrap_or("-");
            format!("{} {whom}", entry["event"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "scope.add scope me",
            "user.add ann",
            "user.set ann",
            "user.set-scopes ann",
            "user.disable ann",
            "user.enable ann",
            "user.revoke ann",
            "client.add app",
            "client.set app",
            "client.disable app",
            "client.enable app",
            "client.add web",
            "client.rotate-secret web",
            "client.delete web",
            "user.delete ann",
            "scope.set scope me",
            "scope.delete scope me",
        ]
    );
}
