//! A store that moves into another database: nothing that was issued is lost, and resource servers
//! answer all the while.

use scopegate_store::{sqlite_url, testing::Cluster};
use serde_json::Value;

use crate::harness::{Answer, AuthServer, FORM, Place, REACH, ResourceApi, Stack, Tokens, skip};

const REVOKED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn everything_that_was_issued_goes_on_in_postgresql() {
    let Some(cluster) = Cluster::shared() else { return skip("the move to PostgreSQL", "it") };
    move_to(&cluster.create_database()).await;
}

#[tokio::test]
async fn everything_that_was_issued_goes_on_in_a_file_of_sqlite() {
    let place = Place::empty();
    move_to(&sqlite_url(&place.path("moved.db"))).await;
}

/// The order of docs/postgresql.md.
async fn move_to(url: &str) {
    let stack = Stack::start().await;
    let (tokens, given_back) = (stack.auth.login("me items").await, stack.auth.login("me").await);
    assert_eq!(revoke(&stack.auth, &given_back.refresh).await.status, 200);
    stack.auth.stop().await;
    assert_eq!(stack.resource.ask("/users/me/", &tokens.access).await.status, 200, "it goes on");

    let copied = stack.place.run(&["store", "copy", "--to", url, "--json"]).json();
    for (table, rows) in [("users", 8), ("grants", 2), ("refresh_tokens", 2), ("items", 1)] {
        assert_eq!(rows_of(&copied, table), Some(rows), "{table}: {copied}");
    }
    assert_eq!(stack.resource.ask("/users/me/", &tokens.access).await.status, 200, "it goes on");

    let moved = stack.place.replica().with_database(url);
    let resource = ResourceApi::start(&moved).await;
    assert_eq!(resource.ask("/users/me/items/", &tokens.access).await.status, 200);
    assert_eq!(resource.ask("/users/me/", &given_back.access).await.problem().0, 401);
    let auth = AuthServer::start(&moved).await;
    let next = Tokens::of(&auth.refresh(&tokens.refresh).await);
    assert_eq!(auth.refresh(&given_back.refresh).await.status, 400);
    assert_eq!(revoke(&auth, &next.refresh).await.status, 200);
    resource.comes_to(REACH, "/users/me/", &next.access, REVOKED).await;
}

#[tokio::test]
async fn a_refused_copy_is_one_line() {
    let place = Place::new();
    AuthServer::start(&place).await.stop().await;
    let full = Place::new();
    AuthServer::start(&full).await.stop().await;
    let full = full.database_url();
    for (row, url, expected) in [
        ("a full one", full.as_str(), "is not empty: its table "),
        ("itself", &place.database_url(), "is not empty: its table "),
        ("no URL", "/srv/scopegate.db", "--to: not a database URL"),
        ("a mistake in the URL", "postgres://db/x?ssl_mode=require", "no parameter \"ssl_mode\""),
        ("nobody there", "postgres://127.0.0.1:1/x?password=hunter2", "the database to copy into:"),
    ] {
        let line = place.run(&["store", "copy", "--to", url]).refused();
        assert!(line.contains(expected), "{row}: {line}");
        assert!(!line.contains("hunter2"), "{row}: {line}");
    }
    let nothing = Place::empty();
    let target = nothing.path("target.db");
    let line = nothing.run(&["store", "copy", "--to", &sqlite_url(&target)]).refused();
    assert!(line.contains("the database to copy:"), "{line}");
    assert!(!target.exists(), "nothing is made for nothing");
    assert_eq!(place.run(&["store", "copy"]).outcome().code, Some(2), "copied where?");
}

#[tokio::test]
async fn the_table_says_how_many_rows_each_table_has() {
    let place = Place::new();
    AuthServer::start(&place).await.stop().await;
    let printed = place.run(&["store", "copy", "--to", &sqlite_url(&place.path("b.db"))]).done();
    let mut lines = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(lines.next(), Some(vec!["TABLE", "ROWS"]), "{printed}");
    assert!(lines.any(|line| line == ["users", "8"]), "{printed}");
}

fn rows_of(copied: &Value, table: &str) -> Option<u64> {
    let tables = copied.as_array()?;
    tables.iter().find(|entry| entry["table"] == table)?["rows"].as_u64()
}

async fn revoke(auth: &AuthServer, token: &str) -> Answer {
    let request = auth.http.post(format!("{}/revoke", auth.url)).header("content-type", FORM);
    Answer::to(request.body(format!("client_id=first-party&token={token}"))).await
}
