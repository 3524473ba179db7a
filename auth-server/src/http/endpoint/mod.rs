//! One file per endpoint, named as its route.

pub mod health;
pub mod introspect;
pub mod jwks;
pub mod metadata;
pub mod revoke;
pub mod token;
