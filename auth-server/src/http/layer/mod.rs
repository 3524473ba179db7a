//! Layers of this server's own; those of every request are `scopegate_service::layers`.

mod cors;

pub use cors::{any_origin, known_origins};
