//! The protected-resource metadata (RFC 9728), from the routes themselves.

use axum::{
    body::Bytes,
    routing::{MethodRouter, get},
};
use http::header::CONTENT_TYPE;
use scopegate_core::scope::Scope;
use serde::Serialize;

use crate::verifier::Verifier;

/// Where the metadata is served (RFC 9728 §3).
pub const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

#[derive(Serialize)]
struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: Vec<&'a str>,
    /// RFC 9728 §3.2: a member without values is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'static str; 1],
}

/// The metadata's URL for a resource.
pub(crate) fn url(resource: &str) -> String {
    format!("{resource}{METADATA_PATH}")
}

/// The document.
pub(crate) fn document(verifier: &Verifier, scopes: &Scope) -> Bytes {
    let metadata = Metadata {
        resource: verifier.audience(),
        authorization_servers: verifier.issuers().collect(),
        scopes_supported: scopes.iter().collect(),
        bearer_methods_supported: ["header"],
    };
    Bytes::from(serde_json::to_vec(&metadata).expect("strings are JSON"))
}

/// The endpoint that serves it.
pub(crate) fn endpoint<S>(document: Bytes) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    get(move || std::future::ready(([(CONTENT_TYPE, "application/json")], document.clone())))
}
