//! What signing a token costs in each algorithm, against `jsonwebtoken::encode` with the same
//! claims: `cargo bench -p scopegate-core --bench mint`.

use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::Header;

mod fixture;

use fixture::Fixture;

fn mint(criterion: &mut Criterion) {
    for fixture in Fixture::all() {
        let claims = fixture.claims();
        let mut group = criterion.benchmark_group(format!("mint {}", fixture.algorithm));
        group.bench_function("scopegate", |bencher| {
            bencher.iter(|| fixture.minter.mint(&claims).expect("a token is signed"));
        });
        let mut header = Header::new(fixture.backend);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(fixture.minter.kid().to_owned());
        group.bench_function("jsonwebtoken", |bencher| {
            bencher.iter(|| {
                jsonwebtoken::encode(&header, &claims, &fixture.encoding)
                    .expect("a token is signed")
            });
        });
    }
}

criterion_group!(benches, mint);
criterion_main!(benches);
