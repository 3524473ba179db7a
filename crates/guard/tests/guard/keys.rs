//! The key file: absent, there, changed, spoiled.

use std::{fs, path::PathBuf, time::Duration};

use axum::{Router, routing::get as on_get};
use scopegate_guard::{Access, Keys, Routes, SharedKeys, testing::TestTokens};
use tempfile::TempDir;

use crate::harness::{bearer, get, send, tokens};

const A: &str = "0123456789abcdef0123456789abcdef";
const B: &str = "fedcba9876543210fedcba9876543210";

/// A guarded router whose keys lie in a file.
struct World {
    tokens: TestTokens,
    path: PathBuf,
    keys: Keys,
    app: Router,
    _folder: TempDir,
}

impl World {
    fn with_file(content: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let (tokens, _) = tokens();
        let keys = Keys::file(&path);
        let guard = tokens.guard().keys(keys.clone()).build().unwrap();
        let routes = Routes::new().route("/status", Access::any_token(), on_get(async || "ok"));
        Self { tokens, path, keys, app: guard.protect(routes), _folder: folder }
    }

    /// The status for a token signed with this key.
    async fn status(&self, key: &str) -> u16 {
        let signer = self.tokens.clone().with_keys(SharedKeys::parse(key.as_bytes()).unwrap());
        let token = signer.user("johndoe").mint();
        send(&self.app, bearer("/status", &token)).await.status.as_u16()
    }

    async fn reload_with(&self, content: impl AsRef<[u8]>) {
        fs::write(&self.path, content).unwrap();
        self.keys.reload().await;
    }
}

#[tokio::test]
async fn guarded_routes_are_unavailable_until_there_are_keys() {
    let world = World::with_file(None);
    assert!(!world.keys.is_ready());
    for (name, request) in [("no token", get("/status")), ("a token", bearer("/status", "x"))] {
        let answer = send(&world.app, request).await;
        assert_eq!(answer.status, 503, "{name}");
        assert_eq!(answer.json()["detail"], "Temporarily unavailable", "{name}");
        assert_eq!(answer.header("retry-after"), "1", "{name}");
        assert_eq!(answer.header("www-authenticate"), "", "{name}");
    }
    world.reload_with("short").await;
    assert_eq!(world.status(A).await, 503);
    world.reload_with(A).await;
    assert!(world.keys.is_ready());
    assert_eq!(world.status(A).await, 200);
}

#[tokio::test]
async fn a_file_that_is_there_is_read_at_once() {
    let world = World::with_file(Some(A));
    assert_eq!((world.status(A).await, world.status(B).await), (200, 401));
}

#[tokio::test]
async fn keys_change_with_the_file() {
    let world = World::with_file(Some(A));
    for (name, content, a, b) in [
        ("a new first line", format!("{B}\n{A}\n"), 200, 200),
        ("the old line taken out", format!("{B}\n"), 401, 200),
        ("and back", A.to_owned(), 200, 401),
    ] {
        world.reload_with(content).await;
        assert_eq!((world.status(A).await, world.status(B).await), (a, b), "{name}");
    }
}

#[tokio::test]
async fn a_bad_file_leaves_the_old_keys_in_force() {
    let world = World::with_file(Some(A));
    let huge = format!("{B}\n").repeat(10_000);
    for (name, content) in [
        ("empty", ""),
        ("a short key", "short"),
        ("a key twice", &format!("{B}\n{B}")),
        ("huge", &huge),
    ] {
        world.reload_with(content).await;
        assert_eq!((world.status(A).await, world.status(B).await), (200, 401), "{name}");
    }
    fs::remove_file(&world.path).unwrap();
    world.keys.reload().await;
    assert_eq!(world.status(A).await, 200, "no file");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_seen_within_two_seconds() {
    let world = World::with_file(None);
    fs::write(&world.path, A).unwrap();
    tokio::time::timeout(Duration::from_secs(2), world.keys.ready()).await.unwrap();
    assert_eq!(world.status(A).await, 200);
}

#[tokio::test]
async fn fixed_keys_are_always_ready() {
    let keys = Keys::fixed(&SharedKeys::parse(A.as_bytes()).unwrap());
    keys.ready().await;
    keys.reload().await;
    assert!(keys.is_ready());
}
