//! What a login's hash costs: the argon2 crate as it is usually called, over memory that is kept, and
//! by way of the queue and the worker that logins use: `cargo bench -p auth-server --bench hashing`.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use auth_server::{
    identity::{HashCost, Hasher, PasswordHash, Verdict},
    secret::Secret,
};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

const COST: HashCost = HashCost { memory: 65_536, time: 3, lanes: 4 };

const PASSWORD: &str = "correct horse battery staple";
const SALT: &[u8] = b"sixteen bytes ..";

fn hashing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("password hash");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    let argon2 = argon2();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    group.bench_function("the crate, fresh memory", |bencher| {
        bencher.iter(|| {
            argon2.hash_password_into(PASSWORD.as_bytes(), SALT, &mut output).expect("it hashes");
        });
    });
    let mut memory = vec![Block::default(); argon2.params().block_count()];
    group.bench_function("the crate, memory kept", |bencher| {
        bencher.iter(|| {
            let memory = memory.as_mut_slice();
            let password = PASSWORD.as_bytes();
            argon2
                .hash_password_into_with_memory(password, SALT, &mut output, memory)
                .expect("it hashes");
        });
    });
    let runtime = Runtime::new().expect("a runtime starts");
    let hasher = Hasher::start(COST, 1);
    let hash: PasswordHash = runtime.block_on(hasher.hash(password())).expect("nobody else waits");
    group.bench_function("the hasher", |bencher| {
        bencher.to_async(&runtime).iter(async || {
            let verdict = hasher.verify(password(), Some(hash.clone())).await;
            assert_eq!(verdict, Ok(Verdict::Right));
        });
    });
}

fn argon2() -> Argon2<'static> {
    let HashCost { memory, time, lanes } = COST;
    let params = Params::new(memory, time, lanes, Some(Params::DEFAULT_OUTPUT_LEN));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.expect("they are in bounds"))
}

fn password() -> Secret {
    Secret::new(PASSWORD.to_owned())
}

criterion_group!(benches, hashing);
criterion_main!(benches);
