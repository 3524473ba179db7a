//! Two prefixes: one that the routes have themselves, and one that a reverse proxy takes away.
//!
//! ```sh
//! cargo run -p scopegate-guard --example path_prefix --features testing
//! curl -i http://localhost:8001/v1/notes          # 401; its challenge names the metadata
//! ```
//!
//! It prints a `curl` line with a token. To the world the API is at `https://api.example/shop/v1/…`,
//! and nginx passes it on without `/shop`:
//!
//! ```text
//! location /shop/ { proxy_pass http://127.0.0.1:8001/; }
//! ```

use axum::{Router, routing::get};
use scopegate_guard::{Access, METADATA_PATH, Routes, User, testing::TestTokens};

/// What tokens are for: an origin, whatever path the API has below it.
const RESOURCE: &str = "https://api.example";

async fn notes(user: User) -> String {
    format!("The notes of {}\n", user.username())
}

async fn live() -> &'static str {
    "ok\n"
}

fn api() -> Routes {
    let access = Access::any_of(["notes:read", "notes:write"]);
    Routes::new().route("/notes", access, get(notes))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // It stands in for the authorization server, so that the example runs alone.
    let tokens = TestTokens::new("https://auth.example", RESOURCE);
    let guard = tokens
        .guard()
        // The proxy's path to the metadata, for challenges; the service itself has it at the root.
        .metadata_url(format!("{RESOURCE}/shop{METADATA_PATH}"))
        .build()?;
    // The prefix of the routes is a part of the table, so every list of what is needed has it.
    let routes = Routes::new().nest("/v1", Access::open(), api());
    let app = Router::new().route("/health/live", get(live)).merge(guard.protect(routes));
    let token = tokens.user("johndoe").scopes("notes:read").mint();
    println!("curl -H 'Authorization: Bearer {token}' http://localhost:8001/v1/notes");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
