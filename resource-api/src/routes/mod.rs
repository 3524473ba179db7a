//! THE table: every guarded route with its scopes, and the open ones around them.

mod error;
mod health;
pub mod items;
pub mod me;
pub mod status;

use std::sync::Arc;

use axum::{Router, routing::get};
use scopegate_guard::{Access, Guard, Keys, Routes};
use scopegate_service::{layers, metrics::HttpMetrics};

use crate::{config::Config, directory::Directory, docs};

/// What the handlers hold.
#[derive(Clone)]
pub struct App {
    /// Users and revocations.
    pub directory: Arc<Directory>,
    /// The keys that verify.
    pub keys: Keys,
}

impl App {
    /// Whether database and keys are there.
    pub fn is_ready(&self) -> bool {
        self.directory.is_ready() && self.keys.is_ready()
    }

    /// What is not there, in words for an operator.
    pub fn missing(&self) -> Vec<String> {
        let database = (!self.directory.is_ready()).then(|| "the database".to_owned());
        let keys = self.keys.states().into_iter().filter(|source| source.keys.is_none());
        database.into_iter().chain(keys.map(|source| source.name)).collect()
    }

    /// What is not there, in words that tell a stranger neither host nor path.
    pub fn missing_in_public(&self) -> Vec<&'static str> {
        let database = (!self.directory.is_ready()).then_some("the database");
        let keys = (!self.keys.is_ready()).then_some("the keys that verify tokens");
        database.into_iter().chain(keys).collect()
    }
}

/// The guarded routes. Scopes add up: items need `me` and `items`.
pub fn guarded() -> Routes<App> {
    let user = Routes::new().route("/", Access::any_token(), get(me::me)).route(
        "/items/",
        Access::scopes(["items"]),
        get(items::items),
    );
    Routes::new()
        .nest("/users/me", Access::scopes(["me"]), user)
        .route("/status/", Access::any_token(), get(status::status))
        .either_slash()
}

/// The whole server as one service.
pub fn router(guard: &Guard, app: App, config: &Config, metrics: &HttpMetrics) -> Router {
    let routes = guard
        .protect(guarded())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(error::not_found)
        .with_state(app);
    layers::around(routes.merge(docs::pages(config)), metrics)
}
