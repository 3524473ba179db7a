//! The guard as its users meet it: whole routers, one request at a time, time stood still.

#![expect(clippy::unwrap_used, reason = "a test may stop where its ground gives way")]

mod challenges;
mod exposure;
mod harness;
mod introspection;
mod issuers;
mod jwks;
mod keys;
mod layer;
mod metadata;
mod openapi;
mod optional;
mod outcomes;
mod principals;
mod routes;
mod subjects;
