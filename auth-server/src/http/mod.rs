//! HTTP: routes, extractors, answers. An endpoint extracts, calls one rule, answers.

mod cookie;
mod endpoint;
mod error;
mod extract;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod layer;
pub mod openapi;
mod page;
mod router;

pub use self::router::router;
