//! The store suite: every query, on `SQLite` always and on `PostgreSQL` where it is installed.

mod answered_requests;
mod attempts;
mod audit;
mod backup;
mod changes;
mod cleanup;
mod clients;
mod codes;
mod condition;
mod consents;
mod copy;
mod disabled_clients;
mod file;
mod grants;
mod guesses;
mod harness;
mod reader;
mod rotation;
mod schema;
mod sessions;
mod setup;
mod signing_keys;
mod tls;
mod users;
mod void;
mod writer;
