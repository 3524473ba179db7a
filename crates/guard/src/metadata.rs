//! The protected-resource metadata (RFC 9728), from the routes themselves.

use axum::{
    body::Bytes,
    routing::{MethodRouter, get},
};
use http::header::CONTENT_TYPE;
use scopegate_core::{scope::Scope, verify::Expectation};
use serde::Serialize;

/// Where the metadata is served (RFC 9728 §3).
pub const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

#[derive(Serialize)]
struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    /// RFC 9728 §3.2: a member without values is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'static str; 1],
}

/// The metadata's URL for a resource.
pub(crate) fn url(resource: &str) -> String {
    format!("{resource}{METADATA_PATH}")
}

/// The endpoint that serves it; the document is written once.
pub(crate) fn endpoint<S>(expected: &Expectation, scopes: &Scope) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let metadata = Metadata {
        resource: &expected.audience,
        authorization_servers: [&expected.issuer],
        scopes_supported: scopes.iter().collect(),
        bearer_methods_supported: ["header"],
    };
    let document = Bytes::from(serde_json::to_vec(&metadata).expect("strings are JSON"));
    get(move || std::future::ready(([(CONTENT_TYPE, "application/json")], document.clone())))
}
