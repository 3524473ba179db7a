//! The resource server.

pub mod config;
