//! What schemathesis makes of the two descriptions, sent to running servers: every answer is one that is
//! described, and none is a failure of ours.

use std::{path::PathBuf, process::Command};

use crate::harness::{OTHER_SECRET, Place, Run, Stack, skip};

/// What an answer is checked for. Whether a form is accepted is no matter of its schema alone.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,missing_required_header,\
    unsupported_method,allow_header_conformance,ignored_auth";

#[tokio::test]
async fn auth_server_answers_as_it_is_described() {
    let Some(program) = program("auth_server_answers_as_it_is_described") else { return };
    let stack = stack().await;
    examine(&program, &stack.place, &stack.auth.url, &[]);
    let other = format!("other:{OTHER_SECRET}");
    examine(&program, &stack.place, &stack.auth.url, &["--auth", &other]);
}

#[tokio::test]
async fn resource_api_answers_as_it_is_described() {
    let Some(program) = program("resource_api_answers_as_it_is_described") else { return };
    let stack = stack().await;
    examine(&program, &stack.place, &stack.resource.url, &[]);
    let token = stack.auth.login("me items").await.access;
    let header = format!("Authorization: Bearer {token}");
    examine(&program, &stack.place, &stack.resource.url, &["--header", &header]);
}

/// Hundreds of made-up logins come from one address, and none has to wait.
async fn stack() -> Stack {
    Stack::with(|settings| {
        settings.set("guess-limits", "off");
    })
    .await
}

fn program(story: &str) -> Option<PathBuf> {
    let clients = std::env::var_os("SCOPEGATE_TEST_CLIENTS").map(PathBuf::from);
    let program = clients.map(|clients| clients.join("schemathesis/bin/schemathesis"));
    let found = program.filter(|program| program.exists());
    if found.is_none() {
        skip(story, "schemathesis of tests/clients/install.sh (SCOPEGATE_TEST_CLIENTS)");
    }
    found
}

/// The same requests in every run: a failure can be had again.
fn examine(program: &PathBuf, place: &Place, url: &str, more: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(["run", &format!("{url}/openapi.json"), "--url", url, "--checks", CHECKS])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "50",
            "--max-redirects",
            "0",
        ])
        .args(["--generation-deterministic", "--no-color"])
        .args(["--continue-on-failure", "--suppress-health-check", "all"])
        .args(more)
        .current_dir(place.path(""));
    let outcome = Run::new(command).outcome();
    assert_eq!(outcome.code, Some(0), "{}\n{}", outcome.stdout, outcome.stderr);
}
