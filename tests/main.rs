//! Both programs as their users meet them: real binaries, free ports, a data folder of their own.
//!
//! One file is one story. A row of a table names the clause of the RFC, or the case of the
//! conformance list, that it comes from. [`harness`] starts what a story needs and stops it.

mod harness;

mod access_token;
mod apply;
mod audit;
mod authorization_code;
mod backup;
mod bearer;
mod browser;
mod client_authentication;
mod clients;
mod cors;
mod crash;
mod demo;
mod doctor;
mod durable;
mod failover;
mod faults;
mod flood;
mod guessing;
mod keys;
mod logs;
mod metadata;
mod metrics;
mod openapi;
mod other_languages;
mod overload;
mod pages;
mod password;
mod readiness;
mod refresh;
mod replicas;
mod revocation;
mod rotation;
mod schemathesis;
mod scope;
mod settings;
mod start_stop;
mod store_copy;
mod text;
mod token_request;
mod traces;
mod users;
