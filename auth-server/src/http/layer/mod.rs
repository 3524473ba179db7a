//! Layers of this server's own; those of every request are `scopegate_service::layers`.

mod cors;

pub use cors::cors;
