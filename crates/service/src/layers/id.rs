//! The id of a request, which stands in its answer, in each of its log lines and in the audit log.

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::REQUEST_ID;

/// The id that the request brings where it looks like one, and else a new one: what is none would
/// stand in every log line.
pub(super) fn of(headers: &HeaderMap) -> HeaderValue {
    let mut brought = headers.get_all(REQUEST_ID).iter();
    match (brought.next(), brought.next()) {
        (Some(id), None) if is_request_id(id) => id.clone(),
        _ => new(),
    }
}

/// A random id, made without a call of the system.
fn new() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).expect("a UUID is visible ASCII")
}

/// 1 to 128 letters, digits, dots, underscores and hyphens.
fn is_request_id(id: &HeaderValue) -> bool {
    let of_an_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=128).contains(&id.len()) && id.as_bytes().iter().all(of_an_id)
}
