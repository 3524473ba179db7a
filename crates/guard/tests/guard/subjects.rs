//! The question after token and scopes: does the subject still stand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Extension, Router, routing::get as on_get};
use http::Extensions;
use scopegate_guard::{
    Access, Routes, Standing, SubjectCheck, Unavailable, Verified, async_trait, testing::TestTokens,
};

use crate::harness::{METADATA, bearer, send, tokens};

/// Knows subjects by name and counts how often it was asked.
#[derive(Default)]
struct Directory {
    asked: AtomicUsize,
}

#[derive(Clone)]
struct FullName(&'static str);

#[async_trait]
impl SubjectCheck for Directory {
    async fn check(
        &self,
        token: &Verified,
        found: &mut Extensions,
    ) -> Result<Standing, Unavailable> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match token.subject.as_str() {
            "johndoe" => {
                found.insert(FullName("John Doe"));
                Ok(Standing::Active)
            }
            "alice" => Ok(Standing::Inactive),
            "revoked" => Ok(Standing::Revoked),
            "away" => Err(Unavailable { retry_after: Duration::from_millis(2500) }),
            "briefly-away" => Err(Unavailable { retry_after: Duration::ZERO }),
            _ => Ok(Standing::Unknown),
        }
    }
}

fn app(tokens: &TestTokens) -> (Router, Arc<Directory>) {
    let directory = Arc::new(Directory::default());
    let name = async |Extension(FullName(name)): Extension<FullName>| name;
    let routes = Routes::new().route("/me", Access::scopes(["me"]), on_get(name));
    let guard = tokens.guard().subjects(Arc::clone(&directory)).build().unwrap();
    (guard.protect(routes), directory)
}

#[tokio::test]
async fn a_subject_that_does_not_stand_is_refused() {
    let (tokens, _) = tokens();
    let (app, _) = app(&tokens);
    let invalid = format!(r#"Bearer error="invalid_token", scope="me", {METADATA}"#);
    for (subject, status, detail, challenge, retry_after) in [
        ("alice", 400, "Inactive user", "", ""),
        ("nobody", 401, "Could not validate credentials", invalid.as_str(), ""),
        ("revoked", 401, "Could not validate credentials", invalid.as_str(), ""),
        ("away", 503, "Temporarily unavailable", "", "3"),
        ("briefly-away", 503, "Temporarily unavailable", "", "1"),
    ] {
        let token = tokens.user(subject).scopes("me").mint();
        let answer = send(&app, bearer("/me", &token)).await;
        assert_eq!(answer.status, status, "{subject}");
        assert_eq!(answer.json()["detail"], detail, "{subject}");
        assert_eq!(answer.header("www-authenticate"), challenge, "{subject}");
        assert_eq!(answer.header("retry-after"), retry_after, "{subject}");
        assert_eq!(answer.header("cache-control"), "no-store", "{subject}");
    }
}

#[tokio::test]
async fn token_and_scopes_are_judged_before_the_subject() {
    let (tokens, _) = tokens();
    let (app, directory) = app(&tokens);
    for (name, token, expected) in [
        ("disabled, without the scope", tokens.user("alice"), 403),
        ("disabled, expired", tokens.user("alice").scopes("me").claim("exp", 1), 401),
        ("expired, without the scope", tokens.user("johndoe").claim("exp", 1), 401),
    ] {
        assert_eq!(send(&app, bearer("/me", &token.mint())).await.status, expected, "{name}");
    }
    assert_eq!(directory.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_handler_sees_what_the_check_found() {
    let (tokens, _) = tokens();
    let (app, _) = app(&tokens);
    let token = tokens.user("johndoe").scopes("me").mint();
    assert_eq!(send(&app, bearer("/me", &token)).await.text(), "John Doe");
}
