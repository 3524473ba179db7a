//! What an answer must hold, whoever asked: at the client, on a page of ours, at the token endpoint.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{form::Form, server::Answer};

/// The issuer of a server that is told nothing else.
const ISSUER: &str = "http://localhost:8000";

/// What an exchange gave.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scope: String,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let json = json(answer);
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), scope: text("scope") }
    }

    /// The claims of the access token.
    pub(crate) fn claims(&self) -> Value {
        let payload = self.access.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }
}

/// What the client is sent by redirect. It is its own address, letter by letter, and holds what it
/// always must: `iss` (AZ07), `state` as it came (AZ05, AZ06), nothing twice, no token (AZ03).
#[track_caller]
pub(crate) fn sent(answer: &Answer, asking: &Form) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{asking:?}: {answer:?}");
    private(answer);
    let location = answer.header("location");
    let query = location.strip_prefix(asking.value("redirect_uri"));
    let query = query.and_then(|query| query.strip_prefix(['?', '&']));
    let query = query.unwrap_or_else(|| panic!("{location} for {asking:?}"));
    assert!(!location.contains('#'), "{location}");
    let mut found = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let before = found.insert(name.into_owned(), value.into_owned());
        assert_eq!(before, None, "{location}");
    }
    assert_eq!(found.get("iss").map(String::as_str), Some(ISSUER), "AZ07 {location}");
    let state = found.get("state").map(String::as_str).unwrap_or_default();
    assert_eq!(state, asking.value("state"), "AZ05 {location}");
    let names: Vec<_> = found.keys().map(String::as_str).filter(|name| *name != "state").collect();
    let expected: &[&str] = if found.contains_key("code") {
        &["code", "iss"]
    } else {
        &["error", "error_description", "iss"]
    };
    assert_eq!(names, expected, "{location}");
    found
}

/// The `error` that the client is sent by redirect.
#[track_caller]
pub(crate) fn refused(answer: &Answer, asking: &Form) -> String {
    sent(answer, asking).remove("error").unwrap_or_else(|| panic!("{asking:?}: {answer:?}"))
}

/// A page of ours that says what is wrong, and no way from it to anywhere (RFC 6749 §4.1.2.1).
#[track_caller]
pub(crate) fn is_error_page(answer: &Answer, status: u16, title: &str, row: &str) {
    assert_eq!(answer.status, status, "{row}: {answer:?}");
    assert!(answer.headers.get("location").is_none(), "{row}: {answer:?}");
    assert!(answer.body.contains(&format!("<h1>{title}</h1>")), "{row}: {answer:?}");
    assert!(answer.header("content-type").starts_with("text/html"), "{row}: {answer:?}");
    private(answer);
}

/// AZ13: what no cache and no other site may see.
#[track_caller]
pub(crate) fn private(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "no-store", "AZ13 {answer:?}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "AZ13 {answer:?}");
}

/// Status and `error` of an answer to a client; the error of a success is empty.
pub(crate) fn verdict(answer: &Answer) -> (u16, String) {
    (answer.status, json(answer)["error"].as_str().unwrap_or_default().to_owned())
}

#[track_caller]
pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}
