//! HTTP: routes, extractors, answers. An endpoint extracts, calls one rule, answers.

mod endpoint;
mod error;
mod extract;
mod layer;
pub mod openapi;
mod router;

pub use self::router::router;
