//! Readiness tells the truth: it is what a write comes to, and asking costs next to nothing.

use std::process::Command;

use futures_util::future::join_all;
use reqwest::Client;

use crate::harness::{
    Answer, AuthServer, Lock, Place, Process, REACH, ResourceApi, Stack, eventually, is_postgres,
    programs,
};

async fn comes_to(auth: &AuthServer, status: u16, words: &str) {
    eventually(&format!("readiness is {status}: {words}"), REACH * 3, async || {
        let answer = auth.get("/health/ready").await;
        ((answer.status, answer.text("status").as_str()) == (status, words)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_cannot_write_is_not_ready_and_alive_all_the_same() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let lock = Lock::take(&place).await;
    comes_to(&auth, 503, "the database is busy or does not answer").await;
    assert_eq!(auth.get("/health/live").await.status, 200);
    lock.release().await;
    comes_to(&auth, 200, "ok").await;
}

#[tokio::test]
async fn a_disk_that_takes_nothing_more_is_not_ready_until_it_does() {
    if is_postgres() {
        return; // The disk is PostgreSQL's there.
    }
    let place = Place::new();
    let serve = place.serve_settings().command(&programs().auth_server, &["serve"]);
    // A program that outgrows the limit is killed, unless it has been told to take the error.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(serve.get_program());
    command.args(serve.get_args());
    let mut process = Process::start("auth-server", command);
    let url = process.url().await;
    let http = Client::new();
    process.ready(&http, &url).await;
    let auth = AuthServer { process, http, url };
    auth.process.limit_files(Some(0));
    comes_to(&auth, 503, "the database takes no writes").await;
    assert_eq!(auth.get("/health/live").await.status, 200);
    auth.process.limit_files(None);
    comes_to(&auth, 200, "ok").await;
}

#[tokio::test]
async fn many_who_ask_at_once_cost_one_commit() {
    let mut stack = Stack::start().await;
    let metrics = stack.auth.process.metrics_url().await;
    let commits = async || {
        let page = Answer::to(Client::new().get(&metrics)).await.body;
        let name = "scopegate_store_duration_seconds_count{kind=\"write\",outcome=\"done\"} ";
        let count = page.lines().find_map(|line| line.strip_prefix(name)).expect("a count");
        count.parse::<u64>().expect("a number")
    };
    let before = commits().await;
    let answers = join_all((0..100).map(|_| stack.auth.get("/health/ready"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    // What else the server writes meanwhile is little; a hundred trials would not be.
    assert!(commits().await - before < 10);
}

#[tokio::test]
async fn what_resource_api_waits_for_is_told_without_hosts_and_paths() {
    let place = Place::new();
    let resource = ResourceApi::listening(&place, |_| {}).await;
    let answer = resource.get("/health/ready").await;
    assert_eq!(answer.status, 503);
    let words = "waiting for the database and the keys that verify tokens";
    assert_eq!(answer.text("status"), words);
}
