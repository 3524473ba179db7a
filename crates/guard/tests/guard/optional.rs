//! Routes that serve callers with and without a token.

use axum::{Router, routing::get as on_get};
use http::header::AUTHORIZATION;
use scopegate_guard::{Access, Claims, Client, Keys, Principal, Routes, User, testing::TestTokens};
use serde::Deserialize;

use crate::harness::{METADATA, bearer, get, protect, send, tokens};

#[derive(Deserialize)]
struct Tenant {
    tenant: String,
}

async fn who(caller: Option<Principal>) -> String {
    caller.map_or("anybody".to_owned(), |it| it.subject().to_owned())
}

async fn user(caller: Option<User>) -> String {
    caller.map_or("anybody".to_owned(), |it| it.username().to_owned())
}

async fn client(caller: Option<Client>) -> String {
    caller.map_or("anybody".to_owned(), |it| it.client_id().to_owned())
}

async fn tenant(claims: Option<Claims<Tenant>>) -> String {
    claims.map_or("anybody".to_owned(), |Claims(it)| it.tenant)
}

async fn strict(principal: Principal) -> String {
    principal.subject().to_owned()
}

fn routes() -> Routes {
    let below = Routes::new().route("/who", Access::optional(), on_get(who));
    Routes::new()
        .route("/who", Access::optional(), on_get(who))
        .route("/user", Access::optional(), on_get(user))
        .route("/client", Access::optional(), on_get(client))
        .route("/tenant", Access::optional(), on_get(tenant))
        .route("/strict", Access::optional(), on_get(strict))
        .route("/unguarded", Access::open(), on_get(who))
        .nest("/guarded", Access::scopes(["me"]), below)
}

fn app(tokens: &TestTokens) -> Router {
    protect(tokens, routes())
}

#[tokio::test]
async fn a_caller_without_a_token_is_served_as_nobody() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    for (name, path, status, text) in [
        ("a principal", "/who", 200, "anybody"),
        ("a user", "/user", 200, "anybody"),
        ("a client", "/client", 200, "anybody"),
        ("claims", "/tenant", 200, "anybody"),
        ("a handler that insists", "/strict", 401, ""),
        ("below a guarded parent", "/guarded/who", 401, ""),
        ("a route without a guard", "/unguarded", 500, ""),
    ] {
        let answer = send(&app, get(path)).await;
        assert_eq!(answer.status, status, "{name}");
        if status == 200 {
            assert_eq!(answer.text(), text, "{name}");
            assert_eq!(answer.header("cache-control"), "no-store", "{name}");
        }
    }
    let challenge = send(&app, get("/strict")).await.header("www-authenticate").to_owned();
    assert_eq!(challenge, format!("Bearer {METADATA}"), "RFC 6750 3.1");
}

#[tokio::test]
async fn a_token_that_comes_must_be_good() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    let john = || tokens.user("johndoe");
    for (name, request, expected) in [
        ("a good one", bearer("/who", &john().mint()), Ok("johndoe")),
        ("a user's", bearer("/user", &john().mint()), Ok("johndoe")),
        ("a client's", bearer("/client", &tokens.client("svc").mint()), Ok("svc")),
        ("with claims", bearer("/tenant", &john().claim("tenant", "t").mint()), Ok("t")),
        ("another scheme", get("/who").header(AUTHORIZATION, "Basic eDp5"), Ok("anybody")),
        ("expired", bearer("/who", &john().claim("exp", 1).mint()), Err(401)),
        ("rubbish", bearer("/who", "rubbish"), Err(401)),
        ("malformed", get("/who").header(AUTHORIZATION, "Bearer"), Err(400)),
        ("two", bearer("/who", "x").header(AUTHORIZATION, "Bearer y"), Err(400)),
        ("a client's for a user", bearer("/user", &tokens.client("svc").mint()), Err(401)),
        ("a user's for a client", bearer("/client", &john().mint()), Err(401)),
        ("without the claims", bearer("/tenant", &john().mint()), Err(401)),
        ("in the query", get("/who?access_token=x"), Ok("anybody")),
    ] {
        let answer = send(&app, request).await;
        match expected {
            Ok(text) => assert_eq!((answer.status.as_u16(), answer.text()), (200, text), "{name}"),
            Err(status) => assert_eq!(answer.status, status, "{name}"),
        }
    }
}

#[tokio::test]
async fn without_keys_only_callers_without_a_token_are_served() {
    let (tokens, _) = tokens();
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::file(folder.path().join("shared.key"));
    let app = tokens.guard().keys(keys).build().unwrap().protect(routes());
    let token = tokens.user("johndoe").mint();
    for (name, request, expected) in [
        ("no token", get("/who"), 200),
        ("a token", bearer("/who", &token), 503),
        ("no token where one is needed", get("/guarded/who"), 503),
    ] {
        assert_eq!(send(&app, request).await.status, expected, "{name}");
    }
}
