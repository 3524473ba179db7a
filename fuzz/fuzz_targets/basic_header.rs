//! A client's credentials (RFC 6749 §2.3.1): one id and at most one secret, from one place.
#![no_main]

use auth_server::{
    http::fuzzing::credentials,
    oauth::{Credentials, Parameters},
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|&b| b == b'\n');
    let Ok(form) = Parameters::parse(lines.next().unwrap_or_default()) else { return };
    let mut headers = HeaderMap::new();
    for line in lines.take(3) {
        // What begins with `@` is encoded here, so that the engine gets behind base64.
        let line = match line.strip_prefix(b"@") {
            Some(text) => format!("Basic {}", STANDARD.encode(text)).into_bytes(),
            None => line.to_vec(),
        };
        let Ok(value) = HeaderValue::from_bytes(&line) else { return };
        headers.append(header::AUTHORIZATION, value);
    }
    let Ok(found) = credentials(&headers, &form) else { return };
    assert!(headers.len() <= 1, "CA15 two headers");
    match found {
        Credentials::Secret(id, secret) => {
            assert!(!id.is_empty() && !secret.expose().is_empty());
            assert!(form.find("client_id").is_none_or(|other| other == id), "two ids");
            let encode =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(&id), encode(secret.expose()));
            let basic = format!("Basic {}", STANDARD.encode(pair));
            let mut again = HeaderMap::new();
            again.insert(header::AUTHORIZATION, basic.parse().expect("base64 is text"));
            match credentials(&again, &Parameters::default()) {
                Ok(Credentials::Secret(a, b)) => {
                    assert_eq!((a.as_str(), b.expose()), (id.as_str(), secret.expose()));
                }
                other => panic!("{other:?}"),
            }
        }
        Credentials::Public(id) => assert!(!id.is_empty()),
        Credentials::None => assert!(form.find("client_id").is_none()),
    }
});
