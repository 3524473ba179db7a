//! One file per endpoint, named as its route.

pub mod health;
pub mod jwks;
pub mod metadata;
pub mod token;
