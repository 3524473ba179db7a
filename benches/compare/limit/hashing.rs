//! The limit of a login: its hash, from a loop that does nothing else.

use std::{thread, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::Watch;
use crate::{
    failure::{Doing, Failure},
    looped::Looped,
};

/// The memory, passes and lanes of every peer's hashes.
pub(crate) const COST: (u32, u32, u32) = (65_536, 3, 4);

const PASSWORD: &[u8] = b"secret";
const SALT: &[u8] = b"sixteen bytes ..";

/// Hashes on as many threads as there are callers. The lanes of each hash run on the threads of the
/// crate's own pool.
pub(super) fn run(fresh: bool, callers: usize, time: Duration) -> Result<Looped, Failure> {
    // The first hash also starts the pool.
    hash(&mut Vec::new(), true)?;
    let watch = Watch::start();
    let latencies = thread::scope(|scope| {
        let watch = &watch;
        let callers: Vec<_> =
            (0..callers).map(|_| scope.spawn(move || call(fresh, time, watch))).collect();
        callers
            .into_iter()
            .map(|caller| caller.join().map_err(|_| Failure::new("a caller broke off"))?)
            .collect::<Result<Vec<_>, Failure>>()
    })?;
    Ok(watch.stop(latencies.concat()))
}

fn call(fresh: bool, time: Duration, watch: &Watch) -> Result<Vec<Duration>, Failure> {
    let mut memory = Vec::new();
    let mut latencies = Vec::new();
    while watch.elapsed() < time {
        let before = watch.elapsed();
        hash(&mut memory, fresh)?;
        latencies.push(watch.elapsed().saturating_sub(before));
    }
    Ok(latencies)
}

fn hash(memory: &mut Vec<Block>, fresh: bool) -> Result<(), Failure> {
    let failed = || "cannot hash".to_owned();
    let (m, t, p) = COST;
    let params = Params::new(m, t, p, Some(Params::DEFAULT_OUTPUT_LEN)).doing(failed)?;
    let blocks = params.block_count();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    if fresh {
        return argon2.hash_password_into(PASSWORD, SALT, &mut output).doing(failed);
    }
    memory.resize(blocks, Block::default());
    let filled =
        argon2.hash_password_into_with_memory(PASSWORD, SALT, &mut output, memory.as_mut_slice());
    filled.doing(failed)
}
