//! The limit of a read: the same answer from the same framework, and no question asked.

use axum::{Json, Router, routing::get};
use serde::Serialize;

use crate::failure::{Doing, Failure};

#[derive(Serialize)]
struct User {
    username: &'static str,
    email: &'static str,
    full_name: &'static str,
    disabled: bool,
}

/// Serves until the process is killed, as axum does unless it is told otherwise.
pub(super) async fn serve(port: u16) -> Result<(), Failure> {
    let routes = Router::new().route("/users/me/", get(me));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.doing(|| format!("cannot listen on port {port}"))?;
    axum::serve(listener, routes).await.doing(|| "cannot serve".to_owned())
}

async fn me() -> Json<User> {
    Json(User {
        username: "johndoe",
        email: "johndoe@example.com",
        full_name: "John Doe",
        disabled: false,
    })
}
