//! The pure rules of Scopegate: what a scope is, what an access token claims, which key signed it,
//! and how a Bearer challenge reads. No I/O, no HTTP framework, no database.
//!
//! | module | what it holds |
//! |---|---|
//! | [`algorithm`] | the algorithms that sign (RFC 7518 §3.1) |
//! | [`scope`] | [`Scope`](scope::Scope): a set of scope tokens (RFC 6749 §3.3) |
//! | [`claims`] | what an access token says (RFC 9068 §2.2) |
//! | [`key`] | the shared-key file: its lines and their `kid`s |
//! | [`jwk`] | public keys as JSON (RFC 7517) |
//! | [`signing_key`] | private keys in PEM (feature `mint`) |
//! | [`mint`] | signing (feature `mint`) |
//! | [`verify`] | checking a token against keys, issuer, audience and time |
//! | [`challenge`] | the `WWW-Authenticate: Bearer` line (RFC 6750 §3) |
//! | [`clock`] | time, passed in |

pub mod algorithm;
pub mod challenge;
pub mod claims;
pub mod clock;
pub mod jwk;
pub mod key;
#[cfg(feature = "mint")]
pub mod mint;
pub mod scope;
#[cfg(feature = "mint")]
mod signer;
#[cfg(feature = "mint")]
pub mod signing_key;
pub mod verify;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
