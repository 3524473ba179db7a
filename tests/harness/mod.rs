//! What a story stands on: the two programs, a place for their data, and requests to them.

mod answer;
mod auth_server;
mod browser;
mod command;
mod database;
mod forge;
mod optional;
mod place;
mod port;
mod process;
mod programs;
mod raw;
mod resource_api;
mod signer;
mod stack;
mod wait;

pub(crate) use self::{
    answer::Answer,
    auth_server::{AuthServer, FORM, Tokens},
    browser::Browser,
    command::Run,
    database::{Lock, demand_a_later_release, is_postgres, settle},
    forge::{Forge, now},
    optional::{say, skip},
    place::Place,
    port::free_port,
    process::{Process, Settings},
    programs::{programs, root},
    raw::{RawAnswer, connect, raw},
    resource_api::ResourceApi,
    signer::{Signer, compact_hs256, kid, kid_of},
    stack::Stack,
    wait::{REACH, eventually},
};

/// The issuer of every stack that does not say otherwise.
pub(crate) const ISSUER: &str = "http://localhost:8000";

/// The audience of every stack that does not say otherwise.
pub(crate) const AUDIENCE: &str = "http://localhost:8001";

/// The secret of the client `other`.
pub(crate) const OTHER_SECRET: &str = "another-secret-of-forty-characters-00000";
