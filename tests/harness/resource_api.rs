//! A running resource-api, and requests to it.

use std::{process::ExitStatus, time::Duration};

use reqwest::{Client, RequestBuilder};

use super::{Answer, Place, Process, Settings, eventually, programs};

/// A running resource-api.
pub(crate) struct ResourceApi {
    pub(crate) process: Process,
    pub(crate) http: Client,
    pub(crate) url: String,
}

impl ResourceApi {
    /// Starts it on this place and waits until it is ready.
    pub(crate) async fn start(place: &Place) -> Self {
        Self::with(place, |_| {}).await
    }

    /// Starts it with more settings and waits until it is ready.
    pub(crate) async fn with(place: &Place, change: impl FnOnce(&mut Settings)) -> Self {
        let mut server = Self::listening(place, change).await;
        server.ready().await;
        server
    }

    /// Starts it and waits until it listens, ready or not.
    pub(crate) async fn listening(place: &Place, change: impl FnOnce(&mut Settings)) -> Self {
        let mut process = Self::spawn(place, change);
        let url = process.url().await;
        Self { process, http: Client::new(), url }
    }

    /// Starts it and waits for nothing.
    pub(crate) fn spawn(place: &Place, change: impl FnOnce(&mut Settings)) -> Process {
        let mut settings = place.shared_settings();
        settings.set("listen", "127.0.0.1:0").set("metrics-listen", "127.0.0.1:0");
        change(&mut settings);
        Process::start("resource-api", settings.command(&programs().resource_api, &["serve"]))
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self) {
        self.process.ready(&self.http, &self.url).await;
    }

    /// A GET, to be finished.
    pub(crate) fn request(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    /// A GET without a token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(path)).await
    }

    /// A GET with a token.
    pub(crate) async fn ask(&self, path: &str, token: &str) -> Answer {
        Answer::to(self.request(path).bearer_auth(token)).await
    }

    /// Waits until a GET with this token has this status and `detail`.
    pub(crate) async fn comes_to(
        &self,
        deadline: Duration,
        path: &str,
        token: &str,
        expected: (u16, &str),
    ) {
        let what = format!("GET {path} answers {expected:?}");
        eventually(&what, deadline, async || {
            let (status, detail) = self.ask(path, token).await.problem();
            ((status, detail.as_str()) == expected).then_some(())
        })
        .await;
    }

    /// Stops it as an operator does.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        self.process.stop().await
    }
}
