//! A route behind the extractor of axum-jwt-auth, which checks an HS256 token and looks nobody up.
//! `POST /token` gives a token to whoever asks, for the comparison has to have one.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    routing::{get, post},
};
use axum_jwt_auth::{Claims, Decoder, LocalDecoder};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, encode};
use serde::{Deserialize, Serialize};

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const ISSUER: &str = "http://localhost:8000";
const AUDIENCE: &str = "http://localhost:8001";

/// What this project's tokens hold too.
#[derive(Clone, Serialize, Deserialize)]
struct AccessToken {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    jti: String,
    client_id: String,
    scope: String,
    grant_id: String,
}

#[derive(Serialize)]
struct Issued {
    access_token: String,
    token_type: &'static str,
}

#[derive(Serialize)]
struct User {
    username: String,
    email: &'static str,
    full_name: &'static str,
    disabled: bool,
}

async fn me(token: Claims<AccessToken>) -> Json<User> {
    Json(User {
        username: token.claims.sub,
        email: "johndoe@example.com",
        full_name: "John Doe",
        disabled: false,
    })
}

async fn token() -> Json<Issued> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = AccessToken {
        iss: ISSUER.into(),
        sub: "johndoe".into(),
        aud: AUDIENCE.into(),
        exp: now + 1800,
        iat: now,
        jti: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        client_id: "first-party".into(),
        scope: "me".into(),
        grant_id: "AAAAAAAAAAAAAAAAAAAAAA".into(),
    };
    let key = EncodingKey::from_secret(KEY);
    let access_token = encode(&Header::default(), &claims, &key).unwrap_or_default();
    Json(Issued { access_token, token_type: "bearer" })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("which port?")?.parse()?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    let decoder = LocalDecoder::builder()
        .keys(vec![DecodingKey::from_secret(KEY)])
        .validation(validation)
        .build()?;
    let state: Decoder<AccessToken> = Arc::new(decoder);
    let routes =
        Router::new().route("/users/me/", get(me)).route("/token", post(token)).with_state(state);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, routes).await?)
}
