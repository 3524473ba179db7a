//! The server of these stories, and browsers with a cookie each.

#[path = "../in_process/config.rs"]
pub(crate) mod config;

use std::{cell::RefCell, sync::Arc, time::Duration};

use auth_server::{app::App, http, id, oauth::authorize::AuthorizeRequest, secret::Secret};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use scopegate_core::{
    clock::{Clock, ManualClock, Timestamp},
    scope::Scope,
};
use scopegate_store::{
    Connection, JobFuture, StoreOptions, Synchronous,
    clients::{self, Consent, NewClient},
    consents, scopes, sqlite_url,
    users::{self, NewUser},
};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "a good old password";

/// A server with the users johndoe and bob, whose password is [`PASSWORD`], and the client `web`.
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    clock: Arc<ManualClock>,
    router: Router,
    folder: tempfile::TempDir,
}

/// A browser with its cookies, that of the session and that by which it is known; a second tab is a
/// second use of them.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookie: RefCell<Option<String>>,
    known: RefCell<Option<String>>,
    user_agent: &'static str,
}

/// What a browser was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let config = config::config(folder.path(), settings);
        let app = Arc::new(App::build(&config, clock.clone()).await.unwrap());
        let hash = app.hasher.hash(Secret::new(PASSWORD.to_owned())).await.unwrap();
        let router = http::router(Arc::clone(&app));
        let server = Self { app, clock, router, folder };
        server.fill(hash.as_str()).await;
        server
    }

    async fn fill(&self, hash: &str) {
        let (now, hash) = (self.now(), hash.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                scopes::add(conn, "me", "Read about the user.", now).await?;
                scopes::add(conn, "items", "Read items.", now).await?;
                for username in ["johndoe", "bob"] {
                    users::add(conn, &user(username, &hash), now).await?;
                }
                clients::add(conn, &client("web", "Web <b>app</b>"), now).await
            })
        })
        .await;
    }

    pub(crate) async fn write<T, F>(&self, job: F) -> T
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T> + Clone + Send + 'static,
    {
        self.app.store.write(job).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The file of its database.
    #[allow(dead_code, reason = "one of the test targets that share this file looks")]
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("shared/scopegate.db")
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        self.named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    }

    pub(crate) fn named(&self, user_agent: &'static str) -> Browser<'_> {
        Browser { server: self, cookie: RefCell::default(), known: RefCell::default(), user_agent }
    }

    /// A request of the client `web` that waits for somebody to sign in, as the browser carries it.
    pub(crate) fn request(&self) -> String {
        let request = AuthorizeRequest {
            id: id::request_id(),
            expires_at: self.now().plus(Duration::from_mins(10)),
            client_id: "web".into(),
            redirect_uri: "https://app.example/cb".into(),
            scope: Some(Scope::parse("me").unwrap()),
            state: None,
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
        };
        request.seal(&self.app.server_key)
    }

    /// How many rows each table holds.
    #[allow(dead_code, reason = "one of the test targets that share this file looks")]
    pub(crate) async fn rows(&self) -> Vec<(&'static str, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("copy.db"));
        let copy = StoreOptions { url, synchronous: Synchronous::Normal };
        let tables = scopegate_store::copy(&sqlite_url(&self.database()), &copy).await.unwrap();
        tables.into_iter().map(|table| (table.name, table.rows)).collect()
    }

    /// johndoe lets the client `web` in.
    pub(crate) async fn consent(&self, scope: &str) {
        let (scope, now) = (Scope::parse(scope).unwrap(), self.now());
        self.write(move |conn| {
            Box::pin(async move { consents::remember(conn, "johndoe", "web", &scope, now).await })
        })
        .await;
    }
}

impl Browser<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    #[allow(dead_code, reason = "one of the two test targets that share this file looks")]
    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.send(Request::head(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .unwrap();
        self.send(request).await
    }

    /// Sends the form with the token of the page at `from`.
    pub(crate) async fn submit(&self, from: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get(from).await.csrf();
        self.post(to, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Answer {
        self.submit("/login", "/login", &[("username", username), ("password", password)]).await
    }

    /// Whether somebody is signed in.
    pub(crate) async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status == 200
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.borrow().clone()
    }

    /// Puts a cookie into the browser, as an attacker on a neighbouring host might.
    pub(crate) fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.borrow_mut() = cookie;
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(header::USER_AGENT, self.user_agent.parse().unwrap());
        let cookies = [self.cookie(), self.known.borrow().clone()];
        for cookie in cookies.iter().flatten() {
            request.headers_mut().append(header::COOKIE, cookie.parse().unwrap());
        }
        let response = self.server.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        let pair = |set: String| set.split(';').next().unwrap().to_owned();
        if let Some(set) = answer.set_cookie() {
            self.set_cookie(Some(pair(set)).filter(|pair| !pair.ends_with('=')));
        }
        if let Some(set) = answer.known_cookie() {
            *self.known.borrow_mut() = Some(pair(set));
        }
        answer
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The cookie of the session.
    pub(crate) fn set_cookie(&self) -> Option<String> {
        self.cookie(false)
    }

    /// The cookie by which the browser is known.
    pub(crate) fn known_cookie(&self) -> Option<String> {
        self.cookie(true)
    }

    fn cookie(&self, is_known: bool) -> Option<String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        let mut all = all.map(|value| value.to_str().unwrap().to_owned());
        let mut found = all.by_ref().filter(|set| set.contains("scopegate-known=") == is_known);
        let one = found.next();
        assert_eq!(found.next(), None, "a cookie is set once");
        one
    }

    /// The token of the page's forms, which is one and the same.
    #[track_caller]
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| {
            panic!("no form: {self:?}");
        });
        rest.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.header("location")), (303, path), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn shows(&self, status: u16, text: &str) {
        assert!(self.status == status && self.body.contains(text), "{status} {text}: {self:?}");
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn user(username: &str, hash: &str) -> NewUser {
    NewUser {
        username: username.into(),
        full_name: Some("<i>John</i> Doe".into()),
        email: None,
        password_hash: Some(hash.to_owned()),
        scopes: Scope::parse("me items").unwrap(),
        disabled: false,
    }
}

fn client(id: &str, name: &str) -> NewClient {
    NewClient {
        client_id: id.into(),
        name: name.into(),
        secret_sha256: None,
        grants: vec!["authorization_code".into(), "refresh_token".into()],
        scopes: Scope::parse("me items").unwrap(),
        redirect_uris: vec!["https://app.example/cb".into()],
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    }
}
