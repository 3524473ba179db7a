//! Refusals are many, and the database may be away: what waits, how much, and what is told of the rest.

use std::path::PathBuf;

use crate::story::{Story, short};

#[tokio::test]
async fn what_finds_no_room_is_counted_and_said() {
    let story = Story::start().await;
    let app = &story.server.app;
    for _ in 0..1030 {
        story.post("/token", &[]).await;
    }
    assert_eq!(app.audit.write(&app.store, story.server.now()).await, Ok(33), "32 and the gap");
    let entries = story.entries().await;
    let gaps: Vec<_> = entries.iter().filter(|entry| entry.event == "audit.lost").collect();
    assert_eq!(entries.len() - gaps.len(), 1024);
    let told = gaps.iter().filter_map(|gap| gap.detail.as_deref()).collect::<Vec<_>>();
    assert_eq!(told, ["6 refusals came faster than they are written; the log has them"]);
}

#[tokio::test]
async fn a_failure_waits_until_the_database_is_back_and_is_told_then() {
    let story = Story::start().await;
    let file: PathBuf = story.server.database();
    let away = file.with_extension("away");
    std::fs::rename(&file, &away).unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", "x")];
    let answer = story.post("/token", &form).await;
    assert_eq!(answer.status, 503);
    let app = &story.server.app;
    assert!(app.audit.write(&app.store, story.server.now()).await.is_err());
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(
        story.told(&answer).await,
        "token.client_credentials failed store_away - -",
        "{:?}",
        story.entries().await.iter().map(short).collect::<Vec<_>>()
    );
}
