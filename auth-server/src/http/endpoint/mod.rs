//! One file per endpoint, named as its route.

pub mod account;
pub mod assets;
pub mod authorize;
pub mod docs;
pub mod health;
pub mod introspect;
pub mod jwks;
pub mod login;
pub mod logout;
pub mod metadata;
pub mod missing;
pub mod revoke;
pub mod token;
