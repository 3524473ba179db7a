//! Tokens that the authorization server is asked about: revoked ones are refused within 2 seconds.
//!
//! ```sh
//! cargo run -p auth-server -- serve --apply demo/demo.toml
//! cargo run -p auth-server -- client add api --resource-server    # shows its secret, once
//! CLIENT_SECRET=… cargo run -p scopegate-guard --example introspection --features introspection
//! TOKEN=$(curl -s http://localhost:8000/token -d grant_type=password -d client_id=first-party \
//!     -d username=johndoe -d password=secret -d scope=me | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
//! curl -i -H "Authorization: Bearer $TOKEN" http://localhost:8001/users/me      # 200
//! curl http://localhost:8000/revoke -d client_id=first-party -d token=$TOKEN
//! sleep 2
//! curl -i -H "Authorization: Bearer $TOKEN" http://localhost:8001/users/me      # 401
//! ```

use std::time::Duration;

use axum::routing::get;
use scopegate_guard::{Access, Guard, Introspection, Routes, User};

async fn me(user: User) -> String {
    format!("You are {}, with the scopes `{}`\n", user.username(), user.scope())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("CLIENT_SECRET").map_err(|_| "CLIENT_SECRET is not set")?;
    let issuer = Introspection::new("http://localhost:8000/introspect", "api", secret)
        .cache_for(Duration::from_secs(2));
    let guard = Guard::builder()
        .issuer("http://localhost:8000")
        .audience("http://localhost:8001")
        .introspection(issuer)
        .build()?;
    let routes = Routes::new().route("/users/me", Access::scopes(["me"]), get(me));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, guard.protect(routes)).await?;
    Ok(())
}
