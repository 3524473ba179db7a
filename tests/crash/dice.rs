//! Random numbers that come again with their seed: `SplitMix64`.

use crate::harness::now;

/// Where the numbers come from.
pub(super) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// With this seed, or one that nobody chose.
    pub(super) fn new(seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| now().unsigned_abs());
        Self { seed, state: seed }
    }

    /// What it was made with.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below that.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
