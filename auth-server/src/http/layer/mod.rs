//! Layers of this server's own; those of every request are `scopegate_service::layers`.

mod audit;
mod cors;
mod error_page;

pub use audit::audit;
pub use cors::{any_origin, known_origins};
pub use error_page::number_error_pages;
