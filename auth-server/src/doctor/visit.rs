//! One question to the issuer, as anybody on the network may ask it.

use std::{error::Error, time::Duration};

use reqwest::{Client, header, redirect};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How much of it is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) date: Option<String>,
    pub(super) location: Option<String>,
    pub(super) cookies: Vec<String>,
}

/// Asks as a browser without a proxy does, and follows nothing.
pub(super) fn client() -> Result<Client, String> {
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(LIMIT)
        .user_agent("auth-server doctor");
    client.build().map_err(|error| causes(&error))
}

/// Asks for a page.
pub(super) async fn visit(client: &Client, url: String) -> Result<Answer, String> {
    let answer = client.get(url).send().await;
    let mut answer = answer.map_err(|error| causes(&error.without_url()))?;
    let text = |value: &header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = answer.headers();
    let found = Answer {
        status: answer.status().as_u16(),
        body: String::new(),
        date: headers.get(header::DATE).and_then(text),
        location: headers.get(header::LOCATION).and_then(text),
        cookies: headers.get_all(header::SET_COOKIE).iter().filter_map(text).collect(),
    };
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| causes(&error.without_url()))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err("the answer does not end".to_owned());
        }
    }
    Ok(Answer { body: String::from_utf8_lossy(&body).into_owned(), ..found })
}

/// The error with what lies behind it, down to what the system said.
fn causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
