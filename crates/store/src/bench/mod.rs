//! What benches need and no program does: rotations without a queue, and stores of any size.

mod fill;
mod rotations;

pub use fill::{Filling, fill};
pub use rotations::Rotations;
