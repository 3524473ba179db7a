//! Layers of this server's own; those of every request are `scopegate_service::layers`.

mod cors;
mod error_page;

pub use cors::{any_origin, known_origins};
pub use error_page::number_error_pages;
