//! Two authorization servers with a user of the same name each, who are two people.
//!
//! ```sh
//! cargo run -p scopegate-guard --example several_issuers --features testing
//! ```
//!
//! It stands in for both servers itself, and prints a `curl` line with a token of each. With real
//! ones, `trust` takes `Keys::discovered("https://staff.example")` and the like.

use std::collections::HashMap;

use axum::{extract::State, routing::get};
use scopegate_guard::{Access, Guard, Routes, SharedKeys, User, testing::TestTokens};

const RESOURCE: &str = "http://localhost:8001";

/// A user is the pair of issuer and name; a name alone would mix the two up.
type FullNames = HashMap<(&'static str, &'static str), &'static str>;

async fn me(user: User, State(names): State<FullNames>) -> String {
    let name = names.get(&(user.issuer(), user.username())).unwrap_or(&"somebody new");
    format!("You are {name}\n")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let staff = server("https://staff.example", b"the key of the staff's own server!!")?;
    let customers = server("https://customers.example", b"the key of the customers' server!!!")?;
    let guard = Guard::builder()
        .audience(RESOURCE)
        .trust("https://staff.example", staff.keys())
        .trust("https://customers.example", customers.keys())
        .build()?;
    let names = FullNames::from([
        (("https://staff.example", "john"), "John of the warehouse"),
        (("https://customers.example", "john"), "John who buys here"),
    ]);
    let routes = Routes::new().route("/users/me", Access::any_token(), get(me));
    for tokens in [staff, customers] {
        let token = tokens.user("john").mint();
        println!("curl -H 'Authorization: Bearer {token}' {RESOURCE}/users/me\n");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, guard.protect(routes).with_state(names)).await?;
    Ok(())
}

/// What stands in for a server: it mints tokens with a key of its own.
fn server(issuer: &str, key: &[u8]) -> Result<TestTokens, Box<dyn std::error::Error>> {
    Ok(TestTokens::new(issuer, RESOURCE).with_keys(SharedKeys::parse(key)?))
}
