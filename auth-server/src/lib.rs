//! The authorization server.

pub mod config;
