//! What signing a token costs in each algorithm, against `jsonwebtoken::encode` with the same
//! claims and against the signature alone: `cargo bench -p scopegate-core --bench mint`.

use std::hint::black_box;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::Header;
use scopegate_core::algorithm::Algorithm;

mod fixture;

use fixture::{Fixture, shared_key};

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
        let token = fixture.minter.mint(&claims).expect("a token is signed");
        let (message, _) = token.rsplit_once('.').expect("three segments");
        let key = SignatureAlone::new(&fixture);
        group.bench_function("signature alone", |bencher| {
            bencher.iter(|| key.sign(black_box(message.as_bytes())));
        });
    }
}

/// The floor: aws-lc with the key parsed once.
enum SignatureAlone {
    Hmac(Box<hmac::Key>),
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

impl SignatureAlone {
    fn new(fixture: &Fixture) -> Self {
        let Some(der) = &fixture.private else {
            return Self::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, shared_key())));
        };
        match fixture.algorithm {
            Algorithm::EdDsa => Self::Ed25519(Ed25519KeyPair::from_pkcs8(der).expect("its key")),
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
                Self::P256(pair.expect("its key"))
            }
            _ => Self::Rsa(rsa::KeyPair::from_pkcs8(der).expect("its key")),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::P256(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
                signed.map(|()| signature).expect("signed")
            }
        }
    }
}

criterion_group!(benches, mint);
criterion_main!(benches);
