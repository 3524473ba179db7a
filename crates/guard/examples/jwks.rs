//! Public keys from the authorization server: this API can verify tokens and cannot make any.
//!
//! ```sh
//! SCOPEGATE_SIGNING_ALG=EdDSA cargo run -p auth-server -- serve --apply demo/demo.toml
//! cargo run -p scopegate-guard --example jwks --features jwks
//! TOKEN=$(curl -s http://localhost:8000/token -d grant_type=password -d client_id=first-party \
//!     -d username=johndoe -d password=secret -d scope=me | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
//! curl -i http://localhost:8001/health/ready
//! curl -i -H "Authorization: Bearer $TOKEN" http://localhost:8001/users/me
//! ```
//!
//! With another issuer than Scopegate's, such as Keycloak: `ISSUER=https://… cargo run …`. Where the
//! issuer has another name from here than in its tokens, `JWKS_URL` says where the keys are.

use axum::{extract::State, routing::get};
use http::StatusCode;
use scopegate_guard::{Access, Algorithm, Guard, Keys, Routes, User};

async fn me(user: User) -> String {
    format!("You are {}\n", user.username())
}

/// For a load balancer: no requests before there are keys.
async fn ready(State(guard): State<Guard>) -> (StatusCode, String) {
    if guard.is_ready() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    let missing = guard.key_states().into_iter().filter(|state| state.keys.is_none());
    let names: Vec<_> = missing.map(|state| state.name).collect();
    (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for {}\n", names.join(" and ")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::var("ISSUER").unwrap_or_else(|_| "http://localhost:8000".to_owned());
    let keys = match std::env::var("JWKS_URL") {
        Ok(url) => Keys::jwks(url),
        Err(_) => Keys::discovered(&issuer),
    };
    // One algorithm where the issuer uses one: what is not needed is not accepted.
    let keys = keys.algorithms([Algorithm::EdDsa]).build()?;
    let guard =
        Guard::builder().issuer(issuer).audience("http://localhost:8001").keys(keys).build()?;
    let routes = Routes::new().route("/health/ready", Access::open(), get(ready)).route(
        "/users/me",
        Access::scopes(["me"]),
        get(me),
    );
    let app = guard.protect(routes).with_state(guard.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
