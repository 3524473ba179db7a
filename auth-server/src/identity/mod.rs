//! Who somebody is: names, passwords, and how much work it costs to check one.

pub mod demo;
mod hasher;
mod login;
mod name;
mod password_hash;
pub mod policy;
mod remembered;
pub mod session;

pub use self::{
    hasher::{Busy, Hasher, Verdict},
    login::{LoginError, Passwords},
    name::{ClientId, NameError, Username},
    password_hash::{HashCost, HashError, PasswordHash},
    remembered::RememberedClients,
};
