//! What a hook is told of each check.

use std::sync::{Arc, Mutex};

use axum::routing::get as on_get;
use scopegate_guard::{Access, Outcome, Routes};

use crate::harness::{bearer, get, send, tokens};

#[tokio::test]
async fn a_hook_is_told_how_each_check_ended() {
    let (tokens, _) = tokens();
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    let hook = move |outcome: Outcome<'_>| {
        to.lock().unwrap().push(match outcome {
            Outcome::Admitted(principal) => principal.subject().to_owned(),
            Outcome::Anonymous => "nobody".to_owned(),
            Outcome::Refused(reason) => reason.to_string(),
            _ => unreachable!("there are three outcomes"),
        });
    };
    let routes = Routes::new()
        .route("/me", Access::scopes(["me"]), on_get(async || ""))
        .route("/optional", Access::optional(), on_get(async || ""))
        .route("/open", Access::open(), on_get(async || ""));
    let app = tokens.guard().on_outcome(hook).build().unwrap().protect(routes);
    let token = tokens.user("johndoe").scopes("me").mint();
    let lacking = tokens.user("johndoe").mint();
    let old = tokens.user("johndoe").claim("exp", 1).mint();
    for (name, request, expected) in [
        ("admitted", bearer("/me", &token), Some("johndoe")),
        ("no token", get("/me"), Some("no bearer token")),
        ("a scope is missing", bearer("/me", &lacking), Some("a scope is missing")),
        ("expired", bearer("/me", &old), Some("expired")),
        ("optional, without", get("/optional"), Some("nobody")),
        ("optional, with", bearer("/optional", &lacking), Some("johndoe")),
        ("open", bearer("/open", &token), None),
    ] {
        send(&app, request).await;
        let told: Vec<_> = told.lock().unwrap().drain(..).collect();
        assert_eq!(told, expected.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{name}");
    }
}
