//! The flow as its three parties walk it: the client asks, the user decides in a browser, the client
//! redeems the code.

use std::sync::Arc;

use auth_server::{http, identity::session::SessionUser};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    Connection, JobFuture,
    clients::{self, Consent, NewClient},
    scopes, sessions, users,
};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::{
    answer::{Tokens, json, sent},
    form::Form,
    server::{Answer, Browser, PASSWORD, Server},
};

/// The secret of every confidential client.
pub(crate) const SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

/// A client of the server.
pub(crate) struct Known {
    pub(crate) id: &'static str,
    pub(crate) redirect_uris: &'static [&'static str],
    pub(crate) is_public: bool,
    grants: &'static str,
}

/// All may ask for `me`, `items` and `admin`; the users hold the first two. The client `house` is
/// trusted, the others have to ask.
pub(crate) const CLIENTS: [Known; 7] = [
    known("app", &["https://app.example/cb", "https://app.example/cb?tenant=1"], false),
    known("rival", &["https://rival.example/cb", "https://foo.example/cb"], false),
    known("house", &["https://house.example/cb"], false),
    known("local", &["http://127.0.0.1:3000/cb"], false),
    known("spa", &["https://spa.example/cb"], true),
    known("native", &["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"], true),
    Known {
        grants: "password refresh_token",
        ..known("no-code", &["https://no-code.example/cb"], false)
    },
];

const fn known(id: &'static str, redirect_uris: &'static [&'static str], is_public: bool) -> Known {
    Known { id, redirect_uris, is_public, grants: "authorization_code refresh_token" }
}

/// A server with every kind of client.
pub(crate) struct Flow {
    pub(crate) server: Server,
    router: Router,
}

/// What an operator does, at the time of the server's clock; whether there was something to do.
pub(crate) type Deed = for<'c> fn(&'c mut Connection, Timestamp) -> JobFuture<'c, bool>;

/// What a browser shows of one authorization request.
pub(crate) struct Tab {
    /// The path of the sealed request.
    pub(crate) path: String,
    pub(crate) answer: Answer,
}

impl Flow {
    pub(crate) async fn start() -> Self {
        let server = Server::start().await;
        let router = http::router(Arc::clone(&server.app));
        let now = server.now();
        server
            .write(move |conn| {
                Box::pin(async move {
                    scopes::add(conn, "admin", "Run everything.", now).await?;
                    for known in &CLIENTS {
                        clients::add(conn, &known.registration(), now).await?;
                    }
                    Ok(())
                })
            })
            .await;
        Self { server, router }
    }

    /// A browser at which johndoe is signed in.
    pub(crate) async fn johndoe(&self) -> Browser<'_> {
        self.signed_in("johndoe").await
    }

    /// A browser at which this user is signed in.
    pub(crate) async fn signed_in(&self, username: &str) -> Browser<'_> {
        let browser = self.server.browser();
        browser.sign_in(username, PASSWORD).await.leads_to("/account");
        browser
    }

    /// johndoe, as a request knows them whose session was just found good.
    pub(crate) async fn signed_in_now(&self) -> SessionUser {
        self.johndoe().await;
        let (now, mut conn) = (self.server.now(), self.server.app.store.read().await.unwrap());
        let idle = self.server.app.sessions.idle;
        let mut found = sessions::of_user(&mut conn, "johndoe", now, idle).await.unwrap();
        let session = found.remove(0);
        SessionUser {
            username: session.username,
            full_name: session.full_name,
            credential_version: session.credential_version,
            session: session.id,
        }
    }

    /// Sets what a user holds.
    pub(crate) async fn set_scopes(&self, username: &'static str, scope: &str) {
        let (scope, now) = (Scope::parse(scope).unwrap(), self.server.now());
        let set = self.server.write(move |conn| {
            Box::pin(async move { users::set_scopes(conn, username, &scope, now).await })
        });
        assert!(set.await);
    }

    /// Does what an operator does.
    pub(crate) async fn does(&self, deed: Deed) {
        let now = self.server.now();
        assert!(self.server.write(move |conn| deed(conn, now)).await);
    }

    /// A code, whether the user has to be asked or not.
    pub(crate) async fn code(&self, browser: &Browser<'_>, asking: &Form) -> String {
        let tab = Tab::open(browser, asking).await;
        let answer = if tab.is_question() { tab.press(browser, "allow").await } else { tab.answer };
        sent(&answer, asking)["code"].clone()
    }

    /// A token request, or another form of a client.
    pub(crate) async fn post(&self, path: &str, form: &Form) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.encoded()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A token request.
    pub(crate) async fn token(&self, form: &Form) -> Answer {
        self.post("/token", form).await
    }

    /// The client redeems its code; it must succeed.
    pub(crate) async fn redeem(&self, client: &str, code: &str) -> Tokens {
        Tokens::of(&self.token(&Form::redeeming(client, code)).await)
    }

    /// Whether a token of this confidential client is active.
    pub(crate) async fn is_active(&self, client: &str, token: &str) -> bool {
        let form = Form::proved(client).with("token", token);
        json(&self.post("/introspect", &form).await)["active"].as_bool().unwrap()
    }
}

impl Tab {
    /// Opens a request: it is stored, and the browser follows to its path.
    pub(crate) async fn open(browser: &Browser<'_>, asking: &Form) -> Self {
        let begun = browser.get(&asking.url()).await;
        let path = begun.header("location").to_owned();
        assert!(begun.status == 303 && path.starts_with("/authorize/"), "{asking:?}: {begun:?}");
        let answer = browser.get(&path).await;
        Self { path, answer }
    }

    /// The sealed request.
    pub(crate) fn id(&self) -> &str {
        self.path.trim_start_matches("/authorize/")
    }

    /// Whether the user is asked to decide.
    pub(crate) fn is_question(&self) -> bool {
        self.answer.status == 200 && self.answer.body.contains("value=\"allow\"")
    }

    /// Presses a button of the consent page.
    pub(crate) async fn press(&self, browser: &Browser<'_>, decision: &str) -> Answer {
        let (csrf, scope) = (self.answer.csrf(), self.shown());
        let fields = [("csrf", csrf.as_str()), ("scope", &scope), ("decision", decision)];
        browser.post(&self.path, &fields).await
    }

    /// What the form says that the page shows; nothing where it shows nothing, or is no question.
    fn shown(&self) -> String {
        let field = self.answer.body.split_once("name=\"scope\" value=\"");
        let value = field.and_then(|(_, rest)| rest.split('"').next());
        value.unwrap_or_default().to_owned()
    }

    /// The scopes that the consent page shows.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        assert!(self.is_question(), "{:?}", self.answer);
        let (_, page) = self.answer.body.split_once("<h1").unwrap();
        let (list, _) = page.split_once("<dl").unwrap();
        let parts = list.split("<code>").skip(1);
        parts.map(|part| part.split('<').next().unwrap()).collect()
    }
}

impl Known {
    fn registration(&self) -> NewClient {
        let digest = Sha256::digest(SECRET);
        let digest = digest.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"));
        NewClient {
            client_id: self.id.into(),
            name: self.id.into(),
            secret_sha256: Some(digest).filter(|_| !self.is_public),
            grants: self.grants.split(' ').map(str::to_owned).collect(),
            scopes: Scope::parse("me items admin").unwrap(),
            redirect_uris: self.redirect_uris.iter().map(|&uri| uri.to_owned()).collect(),
            consent: if self.id == "house" { Consent::Skip } else { Consent::Ask },
            resource_server: false,
            disabled: false,
        }
    }
}
