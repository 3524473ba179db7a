//! A server with clients of every kind, and what its audit log tells since one last looked.

use auth_server::oauth::client_secret;
use scopegate_core::scope::Scope;
use scopegate_store::{
    audit::{self, Entry, Filter},
    clients::{self, Consent, NewClient},
    users,
};

use crate::server::{Answer, Browser, Server};

/// The secret of the clients `job` and `api`.
pub(crate) const SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

pub(crate) struct Story {
    pub(crate) server: Server,
}

impl Story {
    pub(crate) async fn start() -> Self {
        let server = Server::start().await;
        let now = server.now();
        server
            .write(move |conn| {
                Box::pin(async move {
                    for new in [
                        client("app", None, "password refresh_token"),
                        client("rival", None, "password refresh_token"),
                        client("job", Some(SECRET), "client_credentials"),
                        client("off", None, "password"),
                    ] {
                        clients::add(conn, &new, now).await?;
                    }
                    clients::set_disabled(conn, "off", true, now).await?;
                    users::set_disabled(conn, "bob", true, now).await
                })
            })
            .await;
        Self { server }
    }

    /// Sends a form of a client.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.server.browser().post(path, fields).await
    }

    /// The entries, once those that wait are written.
    pub(crate) async fn entries(&self) -> Vec<Entry> {
        let app = &self.server.app;
        app.audit.finish(&app.store, self.server.now()).await;
        let mut conn = app.store.read().await.unwrap();
        audit::latest(&mut conn, &Filter::default(), 10_000).await.unwrap()
    }

    /// The one entry about the request that had this answer, in short.
    pub(crate) async fn told(&self, answer: &Answer) -> String {
        let id = answer.header("x-request-id");
        assert_eq!(id.len(), 36, "{answer:?}");
        let found: Vec<_> = self
            .entries()
            .await
            .into_iter()
            .filter(|entry| entry.request_id.as_deref() == Some(id))
            .collect();
        let lines: Vec<_> = found.iter().map(short).collect();
        assert!(lines.len() < 2, "{lines:?}");
        lines.into_iter().next().unwrap_or_else(|| "nothing".to_owned())
    }

    /// Signs johndoe in at a browser.
    pub(crate) async fn johndoe(&self) -> Browser<'_> {
        let browser = self.server.browser();
        browser.sign_in("johndoe", crate::server::PASSWORD).await.leads_to("/account");
        browser
    }
}

/// `event outcome reason user client`, with a dash for what is not there.
pub(crate) fn short(entry: &Entry) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        entry.event.clone(),
        entry.outcome.as_str().to_owned(),
        text(&entry.reason),
        text(&entry.subject),
        text(&entry.client_id),
    ]
    .join(" ")
}

fn client(id: &str, secret: Option<&str>, grants: &str) -> NewClient {
    let secret = secret.map(|secret| auth_server::secret::Secret::new(secret.to_owned()));
    NewClient {
        client_id: id.to_owned(),
        name: id.to_owned(),
        secret_sha256: secret.as_ref().map(client_secret::sha256_hex),
        grants: grants.split(' ').map(str::to_owned).collect(),
        scopes: Scope::parse("me items").unwrap(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    }
}
