//! A server for apps, and whoever sends it requests from some address.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use auth_server::{app::App, http, oauth::client_secret, secret::Secret};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, header},
};
use scopegate_core::{
    clock::{ManualClock, Timestamp},
    scope::Scope,
};
use scopegate_store::{
    clients::{self, Consent, NewClient},
    users::{self, NewUser},
};
use serde_json::Value;
use tower::ServiceExt;

use crate::server::config::config;

pub(crate) const SECRET: &str = "the secret of the client is a long one";

/// A server with johndoe / `secret`, alice who is disabled, the public client `app` and the
/// confidential one `service`.
pub(crate) struct Server {
    clock: Arc<ManualClock>,
    router: Router,
    _folder: tempfile::TempDir,
}

/// Somebody at an address, with headers.
pub(crate) struct Guesser<'a> {
    server: &'a Server,
    peer: SocketAddr,
    headers: HeaderMap,
}

/// An answer of an OAuth endpoint.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let app = App::build(&config(folder.path(), settings), clock.clone()).await.unwrap();
        fill(&app).await;
        Self { clock, router: http::router(Arc::new(app)), _folder: folder }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn at(&self, address: &str) -> Guesser<'_> {
        let peer = SocketAddr::new(address.parse().unwrap(), 40_000);
        Guesser { server: self, peer, headers: HeaderMap::new() }
    }
}

impl Guesser<'_> {
    pub(crate) fn saying(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) async fn password(&self, username: &str, password: &str) -> Answer {
        let fields = [
            ("grant_type", "password"),
            ("client_id", "app"),
            ("username", username),
            ("password", password),
        ];
        self.token(&fields).await
    }

    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/token", fields).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(self.peer))
            .body(Body::from(form))
            .unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = self.server.router.clone().oneshot(request).await.unwrap();
        let (mut parts, body) = response.into_parts();
        parts.headers.remove("x-request-id");
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap(),
        }
    }
}

impl Answer {
    /// What `Retry-After` says; zero where it is absent.
    pub(crate) fn wait(&self) -> u64 {
        let wait = self.headers.get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
        wait.map_or(0, |wait| wait.parse().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect_wait(&self, seconds: u64) {
        let found = (self.status, self.wait(), self.body["error"].as_str());
        assert_eq!(found, (429, seconds, Some("temporarily_unavailable")), "{self:?}");
    }
}

async fn fill(app: &App) {
    let now = app.clock.now();
    let hash = app.hasher.hash(Secret::new("secret".to_owned())).await.unwrap();
    let user = move |username: &str, disabled| NewUser {
        username: username.into(),
        full_name: None,
        email: None,
        password_hash: Some(hash.as_str().to_owned()),
        scopes: Scope::empty(),
        disabled,
    };
    let client = |id: &str, secret: Option<&str>, grants: &[&str]| NewClient {
        client_id: id.into(),
        name: id.into(),
        secret_sha256: secret.map(|text| client_secret::sha256_hex(&Secret::new(text.into()))),
        grants: grants.iter().map(|&grant| grant.into()).collect(),
        scopes: Scope::empty(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    };
    let clients = [
        client("app", None, &["password", "refresh_token"]),
        client("service", Some(SECRET), &["client_credentials", "refresh_token"]),
    ];
    app.store
        .write(move |conn| {
            Box::pin(async move {
                users::add(conn, &user("johndoe", false), now).await?;
                users::add(conn, &user("alice", true), now).await?;
                for client in &clients {
                    clients::add(conn, client, now).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}
