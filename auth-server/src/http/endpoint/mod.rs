//! One file per endpoint, named as its route.

pub mod health;
pub mod token;
