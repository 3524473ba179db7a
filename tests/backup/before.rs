//! What was there when a backup was made, and what came after it.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use scopegate_core::algorithm::Algorithm;

use crate::{
    clients::spa,
    harness::{Answer, FORM, Place, Settings, Stack, Tokens},
};

/// What a story has in hand when the backup is restored.
pub(super) struct Before {
    pub(super) place: Place,
    pub(super) file: PathBuf,
    /// In the backup, and not revoked by then.
    pub(super) known: Tokens,
    /// In the backup, and revoked after it.
    pub(super) revoked: Tokens,
    /// Issued after the backup.
    pub(super) unknown: Tokens,
    /// A code that is in the backup unused.
    pub(super) code: String,
}

/// A stack with tokens of three kinds, a backup made while others refresh, and both programs stopped.
pub(super) async fn before(algorithm: Algorithm) -> Before {
    let stack = Stack::at(Place::new().signing(algorithm), |settings: &mut Settings| {
        settings.set("guess-limits", "off");
    })
    .await;
    let (known, revoked) = (stack.auth.login("me items").await, stack.auth.login("me").await);
    let known = Tokens::of(&stack.auth.refresh(&known.refresh).await);
    let code = spa::code(&stack.auth, "me").await;
    let file = back_up_under_load(&stack).await;
    let unknown = stack.auth.login("me").await;
    let request = stack.auth.http.post(format!("{}/revoke", stack.auth.url));
    let body = format!("client_id=first-party&token={}", revoked.refresh);
    let answer = Answer::to(request.header("content-type", FORM).body(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let Stack { auth, resource, place } = stack;
    auth.stop().await;
    resource.stop().await;
    Before { place, file, known, revoked, unknown, code }
}

/// Makes a backup while somebody refreshes all the time.
async fn back_up_under_load(stack: &Stack) -> PathBuf {
    let file = stack.place.path("backup.db");
    let done = AtomicBool::new(false);
    let load = async {
        let mut tokens = stack.auth.login("me").await;
        while !done.load(Ordering::Relaxed) {
            tokens = Tokens::of(&stack.auth.refresh(&tokens.refresh).await);
        }
    };
    let backup = async {
        let (place, file) = (&stack.place, file.clone());
        let run = place.run(&["backup", file.to_str().expect("UTF-8"), "--json"]);
        let printed = tokio::task::spawn_blocking(move || run.json()).await.expect("it runs");
        done.store(true, Ordering::Relaxed);
        assert!(printed["keys"].as_array().is_some_and(|keys| keys.len() >= 2), "{printed}");
    };
    tokio::join!(load, backup);
    file
}
