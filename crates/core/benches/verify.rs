//! What checking a token costs in each algorithm, against `jsonwebtoken::decode` with the same
//! claims and against the signature alone: `cargo bench -p scopegate-core --bench verify`.

use std::hint::black_box;

use aws_lc_rs::{
    hmac,
    signature::{self, ParsedPublicKey, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::Validation;
use scopegate_core::{algorithm::Algorithm, verify::Expectation};
use serde::Deserialize;

mod fixture;

use fixture::{AUDIENCE, Fixture, ISSUER, now, shared_key};

/// The same claims that this crate hands out.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct Decoded {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    client_id: String,
    scope: String,
    grant_id: String,
}

fn verify(criterion: &mut Criterion) {
    let expectation = Expectation { issuer: ISSUER.into(), audience: AUDIENCE.into() };
    for fixture in Fixture::all() {
        let token = fixture.minter.mint(&fixture.claims()).expect("a token is signed");
        let mut group = criterion.benchmark_group(format!("verify {}", fixture.algorithm));
        group.bench_function("scopegate", |bencher| {
            bencher.iter(|| {
                expectation.verify(black_box(&token), &fixture.verifying, now()).expect("good")
            });
        });
        let mut validation = Validation::new(fixture.backend);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        group.bench_function("jsonwebtoken", |bencher| {
            bencher.iter(|| {
                jsonwebtoken::decode::<Decoded>(black_box(&token), &fixture.decoding, &validation)
                    .expect("good")
            });
        });
        let (message, signature) = token.rsplit_once('.').expect("three segments");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let key = SignatureAlone::new(&fixture);
        group.bench_function("signature alone", |bencher| {
            bencher.iter(|| assert!(key.verifies(black_box(message.as_bytes()), &signature)));
        });
    }
}

/// The floor: aws-lc with the key parsed once.
enum SignatureAlone {
    Hmac(Box<hmac::Key>),
    Public(ParsedPublicKey),
}

impl SignatureAlone {
    fn new(fixture: &Fixture) -> Self {
        let Some(jwk) = &fixture.public else {
            return Self::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, shared_key())));
        };
        let member = |name: &str| {
            let text = jwk[name].as_str().expect("a text");
            URL_SAFE_NO_PAD.decode(text).expect("base64url")
        };
        let key = match fixture.algorithm {
            Algorithm::EdDsa => ParsedPublicKey::new(&signature::ED25519, member("x")),
            Algorithm::Es256 => {
                let point = [vec![4], member("x"), member("y")].concat();
                ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
            }
            _ => RsaPublicKeyComponents { n: member("n"), e: member("e") }
                .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256),
        };
        Self::Public(key.expect("a key of ours"))
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

criterion_group!(benches, verify);
criterion_main!(benches);
