//! The store suite: every query, on `SQLite` always and on `PostgreSQL` where it is installed.

mod changes;
mod cleanup;
mod clients;
mod grants;
mod harness;
mod reader;
mod rotation;
mod schema;
mod setup;
mod users;
mod writer;
