//! A server with every kind of client, and requests to all of its endpoints.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header, request::Builder},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use scopegate_core::scope::Scope;
use scopegate_store::{
    Connection, JobFuture,
    clients::{self, Consent, NewClient},
    scopes,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::in_process::Server;

/// The secret of every confidential client.
const SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

/// The clients `first-party` and `other` are public, the others confidential.
const CLIENTS: [(&str, &str, bool); 4] = [
    ("web", "password refresh_token", false),
    ("rival", "password refresh_token", false),
    ("machine", "client_credentials refresh_token", false),
    ("api", "", true),
];

/// The server, and what it answers.
pub struct Api {
    pub server: Server,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// What a login gave.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Api {
    pub async fn start() -> Self {
        let api = Self { server: Server::start().await };
        let now = api.server.now();
        api.write(move |conn| {
            Box::pin(async move {
                scopes::add(conn, "admin", "Held by nobody.", now).await?;
                for (id, grants, resource_server) in CLIENTS {
                    clients::add(conn, &client(id, grants, resource_server), now).await?;
                }
                Ok(())
            })
        })
        .await;
        api
    }

    /// Changes the store as an operator would.
    pub async fn write<T, F>(&self, job: F) -> T
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T> + Clone + Send + 'static,
    {
        self.server.app.store.write(job).await.unwrap()
    }

    pub async fn send(&self, request: Builder, body: &str) -> Answer {
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.server.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    /// A form of a client that proves itself by Basic.
    pub async fn post_as(&self, client: &str, path: &str, form: &str) -> Answer {
        self.send(form_to(path).header(header::AUTHORIZATION, basic(client)), form).await
    }

    /// A form that says of its client what stands in it.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        self.send(form_to(path), form).await
    }

    /// johndoe's tokens for a confidential client.
    pub async fn login_at(&self, client: &str, scope: &str) -> Tokens {
        let scope = scope.replace(' ', "+");
        let form = format!("grant_type=password&username=johndoe&password=secret&scope={scope}");
        self.post_as(client, "/token", &form).await.tokens()
    }

    /// What that client is told of a token.
    pub async fn introspect(&self, client: &str, token: &str) -> Value {
        let answer = self.post_as(client, "/introspect", &format!("token={token}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub async fn is_active(&self, client: &str, token: &str) -> bool {
        self.introspect(client, token).await["active"].as_bool().unwrap()
    }

    /// Whether a refresh token of that client still gives one. It is spent by the question.
    pub async fn refreshes(&self, client: &str, token: &str) -> bool {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        self.post_as(client, "/token", &form).await.status == 200
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and `error`; the error of a success is empty.
    pub fn verdict(&self) -> (u16, String) {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        (self.status, json["error"].as_str().unwrap_or_default().to_owned())
    }

    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self:?}");
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// A POST of a form, to be finished.
pub fn form_to(path: &str) -> Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// The Basic header of a confidential client.
pub fn basic(client: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{SECRET}")))
}

/// The same in a form.
pub fn in_form(client: &str) -> String {
    format!("client_id={client}&client_secret={SECRET}")
}

fn client(id: &str, grants: &str, resource_server: bool) -> NewClient {
    let digest = Sha256::digest(SECRET);
    NewClient {
        client_id: id.to_owned(),
        name: id.to_owned(),
        secret_sha256: Some(digest.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))),
        grants: grants.split_whitespace().map(str::to_owned).collect(),
        scopes: Scope::parse("me items").unwrap(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server,
        disabled: false,
    }
}
