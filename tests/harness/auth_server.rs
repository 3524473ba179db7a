//! A running auth-server, and token requests to it.

use std::{path::Path, process::ExitStatus};

use reqwest::{Client, RequestBuilder};

use super::{Answer, Place, Process, Settings, programs};

/// The media type of a token request.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A running auth-server.
pub(crate) struct AuthServer {
    pub(crate) process: Process,
    pub(crate) http: Client,
    pub(crate) url: String,
}

/// What a login gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    /// Empty where none was issued.
    pub(crate) refresh: String,
    /// Empty where nothing was granted.
    pub(crate) scope: String,
}

impl AuthServer {
    /// Starts it on this place and waits until it is ready.
    pub(crate) async fn start(place: &Place) -> Self {
        Self::with(place, |_| {}).await
    }

    /// Starts it with more settings.
    pub(crate) async fn with(place: &Place, change: impl FnOnce(&mut Settings)) -> Self {
        let mut process = Self::spawn(place, change);
        let http = Client::new();
        let url = process.url().await;
        process.ready(&http, &url).await;
        Self { process, http, url }
    }

    /// Starts it and waits for nothing.
    pub(crate) fn spawn(place: &Place, change: impl FnOnce(&mut Settings)) -> Process {
        let mut settings = place.serve_settings();
        change(&mut settings);
        Process::start("auth-server", settings.command(&programs().auth_server, &["serve"]))
    }

    /// Starts it by another program, which is given the command at its end and becomes it.
    pub(crate) async fn under(wrapper: &[&str], place: &Place) -> Self {
        let mut settings = place.serve_settings();
        settings.set("guess-limits", "off");
        let (by, first) = wrapper.split_first().expect("a wrapper has a name");
        let program = programs().auth_server.to_str().expect("cargo's paths are text");
        let arguments = [first, &[program, "serve"]].concat();
        let command = settings.command(Path::new(by), &arguments);
        let mut process = Process::start("auth-server", command);
        let http = Client::new();
        let url = process.url().await;
        process.ready(&http, &url).await;
        Self { process, http, url }
    }

    /// A POST to the token endpoint, to be finished.
    pub(crate) fn post(&self) -> RequestBuilder {
        self.http.post(format!("{}/token", self.url))
    }

    /// A token request with this form.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        Answer::to(self.post().form(form)).await
    }

    /// A token request with this body, encoded as it stands there.
    pub(crate) async fn form(&self, body: &str) -> Answer {
        Answer::to(self.post().header("content-type", FORM).body(body.to_owned())).await
    }

    /// A password request of the default client.
    pub(crate) async fn password(&self, username: &str, password: &str, scope: &str) -> Answer {
        self.token(&[
            ("grant_type", "password"),
            ("username", username),
            ("password", password),
            ("scope", scope),
        ])
        .await
    }

    /// johndoe's tokens.
    pub(crate) async fn login(&self, scope: &str) -> Tokens {
        Tokens::of(&self.password("johndoe", "secret", scope).await)
    }

    /// A refresh request of the default client.
    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Any page of the server.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.http.get(format!("{}{path}", self.url))).await
    }

    /// Stops it as an operator does.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        self.process.stop().await
    }
}

impl Tokens {
    /// The tokens of a successful answer.
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let tokens = Self {
            access: answer.text("access_token"),
            refresh: answer.text("refresh_token"),
            scope: answer.text("scope"),
        };
        assert!(!tokens.access.is_empty(), "{answer:?}");
        tokens
    }
}
