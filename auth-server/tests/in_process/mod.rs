//! The real router over a store of its own, with a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod config;

use std::{sync::Arc, time::Duration};

use auth_server::{app::App, http, identity::PasswordHash, secret::Secret};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{
    clock::{Clock, ManualClock, Timestamp},
    scope::Scope,
};
use scopegate_store::{
    clients::{self, Consent, NewClient},
    scopes,
    users::{self, NewUser},
};
use serde_json::Value;
use tower::ServiceExt;

/// One server with the user `johndoe` / `secret` and the public clients `first-party` and `other`.
pub struct Server {
    pub app: Arc<App>,
    clock: Arc<ManualClock>,
    pub router: Router,
    _folder: tempfile::TempDir,
}

/// An answer of the token endpoint.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Server {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let app =
            Arc::new(App::build(&config::config(folder.path(), &[]), clock.clone()).await.unwrap());
        let hash = app.hasher.hash(Secret::new("secret".to_owned())).await.unwrap();
        fill(&app, hash).await;
        let router = http::router(Arc::clone(&app));
        Self { app, clock, router, _folder: folder }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the clock, forward or back.
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Logs johndoe in.
    pub async fn login(&self, scope: &str) -> Answer {
        let scope = scope.replace(' ', "+");
        let answer = self
            .post(&format!(
                "grant_type=password&client_id=first-party&username=johndoe&password=secret&scope={scope}"
            ))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub async fn post(&self, form: &str) -> Answer {
        let request = Request::post("/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, body: serde_json::from_slice(&body).unwrap() }
    }

    /// Sets what johndoe holds.
    pub async fn set_scopes(&self, scope: &str) {
        let scope = Scope::parse(scope).unwrap();
        let now = self.now();
        self.app
            .store
            .write(move |conn| {
                Box::pin(async move { users::set_scopes(conn, "johndoe", &scope, now).await })
            })
            .await
            .unwrap();
    }
}

impl Answer {
    pub fn refresh_token(&self) -> String {
        self.body["refresh_token"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }

    pub fn claims(&self) -> Value {
        let token = self.body["access_token"].as_str().unwrap_or_else(|| panic!("{self:?}"));
        let payload = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    #[track_caller]
    pub fn expect_error(&self, status: u16, error: &str) {
        assert_eq!((self.status, self.body["error"].as_str()), (status, Some(error)), "{self:?}");
    }
}

async fn fill(app: &App, hash: PasswordHash) {
    let now = app.clock.now();
    let all = Scope::parse("me items").unwrap();
    let user = NewUser {
        username: "johndoe".into(),
        full_name: None,
        email: None,
        password_hash: Some(hash.as_str().to_owned()),
        scopes: all.clone(),
        disabled: false,
    };
    let client = |id: &str| NewClient {
        client_id: id.into(),
        name: id.into(),
        secret_sha256: None,
        grants: vec!["password".into(), "refresh_token".into()],
        scopes: all.clone(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    };
    let clients = [client("first-party"), client("other")];
    app.store
        .write(move |conn| {
            Box::pin(async move {
                scopes::add(conn, "me", "Read about the user.", now).await?;
                scopes::add(conn, "items", "Read items.", now).await?;
                users::add(conn, &user, now).await?;
                for client in &clients {
                    clients::add(conn, client, now).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}
