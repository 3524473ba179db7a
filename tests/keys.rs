//! The shared keys while both programs run: a second line, a new first line, a bad file.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Forge, Signer, Stack, eventually, kid, kid_of};

const NEW_KEY: &str = "fedcba9876543210fedcba9876543210fedcba9876543210";

/// Within two seconds of a change the file is read again; the third is for a loaded machine.
const RELOAD: Duration = Duration::from_secs(3);

/// A new first line signs five seconds after it was read.
const SETTLE: Duration = Duration::from_secs(10);

const REFUSED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn every_line_verifies_and_the_first_signs() {
    let stack = Stack::start().await;
    let old = stack.place.shared_key();
    let forged = Forge::at(&stack.place).signed_by(Signer::shared(NEW_KEY)).token();
    assert_eq!(stack.resource.ask("/users/me/", &forged).await.status, 401, "not a key yet");
    stack.place.set_shared_key(&format!("{old}\r\n\n{NEW_KEY}\n"));
    eventually("KR03: the second line verifies", RELOAD, async || {
        (stack.resource.ask("/users/me/", &forged).await.status == 200).then_some(())
    })
    .await;
    let issued = stack.auth.login("me").await.access;
    assert_eq!(kid_of(&issued), kid(&old), "the first line signs");
    stack.place.set_shared_key(&old);
    stack.resource.comes_to(RELOAD, "/users/me/", &forged, REFUSED).await;
    assert_eq!(stack.resource.ask("/users/me/", &issued).await.status, 200, "KR03");
}

#[tokio::test]
async fn a_new_first_line_takes_over_without_one_wrong_refusal() {
    let stack = Stack::start().await;
    let old = stack.place.shared_key();
    let before = stack.auth.login("me").await;
    stack.place.set_shared_key(&format!("{NEW_KEY}\n{old}"));
    let changed = Instant::now();
    let mut refresh = before.refresh.clone();
    eventually("KR02: the new key signs", SETTLE, async || {
        let answer = stack.auth.refresh(&refresh).await;
        let token = answer.text("access_token");
        refresh = answer.text("refresh_token");
        let status = stack.resource.ask("/users/me/", &token).await.status;
        assert_eq!(status, 200, "KR02: a token is refused, signed by {}", kid_of(&token));
        (kid_of(&token) == kid(NEW_KEY)).then_some(())
    })
    .await;
    assert!(changed.elapsed() > Duration::from_millis(4900), "every replica reads it first");
    assert_eq!(stack.resource.ask("/users/me/", &before.access).await.status, 200, "KR01");
    stack.place.set_shared_key(&format!("{NEW_KEY}\n"));
    stack.resource.comes_to(RELOAD, "/users/me/", &before.access, REFUSED).await;
    let after = stack.auth.login("me").await.access;
    assert_eq!(stack.resource.ask("/users/me/", &after).await.status, 200, "KR03");
}

#[tokio::test]
async fn a_bad_file_leaves_the_old_keys_in_force_and_says_so() {
    let mut stack = Stack::start().await;
    let old = stack.place.shared_key();
    let token = stack.auth.login("me").await.access;
    stack.place.set_shared_key("short\n");
    stack.auth.process.line("old keys stay in force").await;
    stack.resource.process.line("old keys stay in force").await;
    assert_eq!(stack.resource.ask("/users/me/", &token).await.status, 200, "KR06");
    assert_eq!(kid_of(&stack.auth.login("me").await.access), kid(&old), "KR06");
    std::fs::remove_file(stack.place.data("shared/shared.key")).expect("the folder is ours");
    let forged = Forge::by(Signer::shared(NEW_KEY)).token();
    stack.place.set_shared_key(&format!("{old}{NEW_KEY}\n"));
    eventually("KR06: a good file is read again", RELOAD, async || {
        (stack.resource.ask("/users/me/", &forged).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_hangup_reads_the_file_and_ends_nothing() {
    let mut stack = Stack::start().await;
    let old = stack.place.shared_key();
    let forged = Forge::at(&stack.place).signed_by(Signer::shared(NEW_KEY)).token();
    stack.place.set_shared_key(&format!("{old}{NEW_KEY}\n"));
    stack.auth.process.signal(Signal::HUP);
    stack.resource.process.signal(Signal::HUP);
    eventually("SIGHUP: the second line verifies", RELOAD, async || {
        (stack.resource.ask("/users/me/", &forged).await.status == 200).then_some(())
    })
    .await;
    stack.auth.process.line("shared keys read again").await;
    assert!(stack.auth.process.is_running() && stack.resource.process.is_running());
}
