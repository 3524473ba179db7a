//! The keys that sign: rotation and moves between algorithms, with a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod commands;
mod moving;
mod place;
mod publishing;
mod replicas;
mod rotation;
