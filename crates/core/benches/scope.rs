//! What narrowing costs: parsing what was asked for, and cutting it down to what the client may ask
//! for and what the user holds: `cargo bench -p scopegate-core --bench scope`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use scopegate_core::scope::Scope;

fn narrowing(criterion: &mut Criterion) {
    for held in [2, 20, 200] {
        let names: Vec<String> = (0..held).map(|n| format!("resource{n}:read")).collect();
        let asked = names[..held.min(10)].join(" ");
        let client = scope(&names.join(" "));
        let user = scope(&names[held / 2..].join(" "));
        let mut group = criterion.benchmark_group(format!("narrowing, {held} scopes held"));
        group.bench_function("parse", |bencher| {
            bencher.iter(|| Scope::parse(black_box(&asked)).expect("well formed"));
        });
        let asked = scope(&asked);
        group.bench_function("subset and intersection", |bencher| {
            bencher.iter(|| {
                assert!(black_box(&asked).is_subset(&client));
                asked.intersection(&user)
            });
        });
    }
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).expect("well formed")
}

criterion_group!(benches, narrowing);
criterion_main!(benches);
