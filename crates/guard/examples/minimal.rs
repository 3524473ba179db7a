//! The smallest guarded API that runs: `cargo run -p scopegate-guard --example minimal`.
//!
//! It waits for the key file of an `auth-server` in the same folder. With a token of it:
//! `curl -H "Authorization: Bearer $TOKEN" http://localhost:8001/users/me`.

use axum::routing::get;
use scopegate_guard::{Access, Guard, Keys, Principal, Routes, User};

async fn status(principal: Principal) -> String {
    match principal {
        Principal::User(user) => format!("ok, {}\n", user.username()),
        Principal::Client(client) => format!("ok, program {}\n", client.client_id()),
    }
}

async fn me(user: User) -> String {
    format!("You are {}, with the scopes `{}`\n", user.username(), user.scope())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = Guard::builder()
        .issuer("http://localhost:8000")
        .audience("http://localhost:8001")
        .keys(Keys::file("data/shared/shared.key"))
        .build()?;
    let routes = Routes::new()
        .route("/status", Access::any_token(), get(status))
        .route("/users/me", Access::scopes(["me"]), get(me))
        .either_slash();
    for (path, access) in routes.requirements() {
        println!("http://localhost:8001{path}  needs: {access}");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, guard.protect(routes)).await?;
    Ok(())
}
