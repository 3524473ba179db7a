//! Servers over one store, each with a data folder; tokens, and who believes them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use auth_server::{
    app::{App, StartError},
    audit,
    config::{Config, PROGRAM},
    http,
    keys::{
        folder::KeyFolder,
        rotation::{KeyChange, Retirement, Rotation},
    },
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{
    algorithm::Algorithm,
    clock::{Clock, ManualClock, Timestamp},
    jwk::JwkSet,
    scope::Scope,
    verify::{Expectation, VerifyingKeys},
};
use scopegate_settings::{environment::Environment, flags::Flags, resolve::resolve};
use scopegate_store::{
    clients::{self, Consent, NewClient},
    scopes,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

const SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

/// A store, a clock, and the data folder of the first machine.
pub struct Place {
    root: tempfile::TempDir,
    pub clock: Arc<ManualClock>,
}

/// A running server.
pub struct Server {
    pub app: Arc<App>,
    router: Router,
    config: Config,
    clock: Arc<ManualClock>,
}

/// An answer, read whole.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Place {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        Self { root: tempfile::tempdir().unwrap(), clock }
    }

    /// A path in the data folder of a machine.
    pub fn path(&self, machine: &str, path: &str) -> PathBuf {
        self.root.path().join(machine).join(path)
    }

    /// A server on the first machine, with these settings.
    pub async fn start(&self, settings: &[(&str, &str)]) -> Server {
        self.start_on("one", settings).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A server on some machine: a data folder of its own, the same database and server key.
    pub async fn start_on(
        &self,
        machine: &str,
        settings: &[(&str, &str)],
    ) -> Result<Server, StartError> {
        let config = self.config(machine, settings);
        let app = Arc::new(App::build(&config, self.clock.clone()).await?);
        furnish(&app).await;
        let router = http::router(Arc::clone(&app));
        Ok(Server { app, router, config, clock: self.clock.clone() })
    }

    /// Copies a private key to another machine.
    pub fn copy_key(&self, kid: &str, from: &str, into: &str) {
        let file = format!("private/signing/{kid}.pem");
        let target = self.path(into, &file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(self.path(from, &file), target).unwrap();
    }

    fn config(&self, machine: &str, settings: &[(&str, &str)]) -> Config {
        let database = format!("sqlite://{}", self.path("one", "shared/scopegate.db").display());
        let folder = self.root.path().join(machine);
        let server_key = self.path("one", "private/server.key");
        let all = [
            ("DATA_DIR", folder.to_str().unwrap()),
            ("DATABASE_URL", &database),
            ("SERVER_KEY_FILE", server_key.to_str().unwrap()),
            ("SYNCHRONOUS", "normal"),
            ("ARGON2_MEMORY", "64"),
            ("ARGON2_TIME", "1"),
            ("ARGON2_LANES", "1"),
        ];
        let variables = all.iter().chain(settings);
        let variables =
            variables.map(|(name, value)| (format!("SCOPEGATE_{name}").into(), (*value).into()));
        let environment = Environment::new(variables);
        Config::read(&resolve(&PROGRAM, &Flags::default(), &environment, None).unwrap()).unwrap()
    }
}

impl Server {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the background does within a second.
    pub async fn refresh(&self) {
        self.app.signing.refresh(&self.app.store, self.now()).await;
    }

    /// Lets time pass, as the background sees it: it looks every second, which makes a difference
    /// every minute.
    pub async fn pass(&self, time: Duration) {
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(Duration::from_secs(30));
            self.clock.advance(step);
            self.refresh().await;
            left -= step;
        }
    }

    /// A token for a client of its own.
    pub async fn token(&self) -> String {
        let answer = self.post("/token", "grant_type=client_credentials").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Whether introspection takes the token for good.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.post("/introspect", &format!("token={token}")).await;
        answer.json()["active"].as_bool().unwrap()
    }

    pub async fn jwks(&self) -> Answer {
        self.get("/.well-known/jwks.json", None).await
    }

    /// The ids of the published keys.
    pub async fn published(&self) -> Vec<String> {
        let document = self.jwks().await.json();
        let keys = document["keys"].as_array().unwrap();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether a resource server that has just read the published keys believes the token.
    pub async fn is_believed(&self, token: &str) -> bool {
        let set = JwkSet::parse(self.jwks().await.body.as_bytes(), |_, _| {}).unwrap();
        let (issuer, audience) = (self.app.issuer().into(), self.app.audience().into());
        let expected = Expectation { issuer, audience };
        expected.verify(token, &VerifyingKeys::public(&set), self.now()).is_ok()
    }

    pub async fn get(&self, path: &str, if_none_match: Option<&str>) -> Answer {
        let request = Request::get(path);
        let request =
            if_none_match.into_iter().fold(request, |r, tag| r.header(header::IF_NONE_MATCH, tag));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let form = format!("{form}&client_id=machine&client_secret={SECRET}");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// `auth-server key rotate`, as the server's settings have it.
    pub async fn rotate(&self, algorithm: Algorithm) -> Rotation {
        let folder = KeyFolder::new(&self.config.keys.signing_dir);
        let signs_at = self.now().plus(self.config.keys.signing_key_lead);
        self.change(&folder).rotate(algorithm, signs_at).await.unwrap()
    }

    /// `auth-server key retire`
    pub async fn retire(&self, kid: &str, at_once: bool) -> Retirement {
        let folder = KeyFolder::new(&self.config.keys.signing_dir);
        let signing = self.config.keys.signing_alg;
        self.change(&folder).retire(signing, kid, at_once).await.unwrap()
    }

    fn change<'a>(&'a self, folder: &'a KeyFolder) -> KeyChange<'a> {
        let entry = audit::by_operator(self.now(), "command", "key");
        KeyChange { store: &self.app.store, folder, now: self.now(), entry }
    }

    pub fn key_file(&self, kid: &str) -> PathBuf {
        KeyFolder::new(&self.config.keys.signing_dir).path(kid)
    }

    pub fn shared_key_file(&self) -> &Path {
        &self.config.keys.shared_key_file
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A header; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The key that a token names.
pub fn signed_by(token: &str) -> String {
    header_of(token)["kid"].as_str().unwrap().to_owned()
}

/// The header of a token.
pub fn header_of(token: &str) -> Value {
    let (header, _) = token.split_once('.').unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

/// The key that a rotation made.
#[track_caller]
pub fn made(rotation: Rotation) -> String {
    match rotation {
        Rotation::Made(kid) => kid,
        Rotation::Waiting(kid) => panic!("{kid} waits"),
    }
}

async fn furnish(app: &App) {
    let now = app.clock.now();
    let digest = Sha256::digest(SECRET);
    let machine = NewClient {
        client_id: "machine".to_owned(),
        name: "machine".to_owned(),
        secret_sha256: Some(digest.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))),
        grants: vec!["client_credentials".to_owned()],
        scopes: Scope::parse("me").unwrap(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    };
    let furnished = app.store.write(move |conn| {
        Box::pin(async move {
            scopes::add(conn, "me", "", now).await?;
            clients::add(conn, &machine, now).await
        })
    });
    // Another server may have been first.
    let _ = furnished.await;
}
