//! Signatures that were made without the private key, or by another algorithm than the key's (JW03,
//! JW28, JW29; RFC 8725 §2.1).

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;

/// The order of P-256 (SEC 2 §2.4.2), big-endian.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of Ed25519's base point (RFC 8032 §5.1), little-endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn a_public_key_is_no_hmac_secret() {
    let shared = signer(Algorithm::Hs256);
    for signer in &signers()[1..] {
        let mixed = shared.keys.clone().and(signer.keys.clone());
        for (name, secret) in public_forms(signer) {
            for (row, header, expected) in [
                ("alg HS256", with(signer.header(), "alg", json!("HS256")), TokenError::UnknownKey),
                ("its own alg", signer.header().to_string(), TokenError::Signature),
                ("no kid", without(signer.header(), "kid"), TokenError::Signature),
            ] {
                let token = sign_hmac(&secret, header, claims().to_string());
                let found = (judge(signer, &token), verify(&token, &mixed).map(|_| ()));
                let told = format!("JW03 {}: {name}, {row}", signer.algorithm);
                assert_eq!(found, (Err(expected), Err(expected)), "{told}");
            }
            let nameless = json!({"typ": "at+jwt", "alg": "HS256"}).to_string();
            let token = sign_hmac(&secret, nameless, claims().to_string());
            assert_eq!(judge(signer, &token), Err(TokenError::UnknownKey), "{name}");
            let found = verify(&token, &mixed).map(|_| ());
            assert_eq!(found, Err(TokenError::Signature), "{name}");
        }
    }
}

#[test]
fn a_key_takes_signatures_of_its_own_algorithm_only() {
    for signer in signers() {
        let all = signers().iter().fold(VerifyingKeys::default(), |all, s| all.and(s.keys.clone()));
        for other in signers().iter().filter(|other| other.algorithm != signer.algorithm) {
            let name = format!("JW03 {} as {}", other.algorithm, signer.algorithm);
            let as_signer = other.sign(signer.header().to_string(), claims().to_string());
            assert_eq!(judge(signer, &as_signer), Err(TokenError::Signature), "{name}");
            let alg = json!(other.algorithm.as_str());
            let mixed_up = other.sign(with(signer.header(), "alg", alg), claims().to_string());
            assert_eq!(judge(signer, &mixed_up), Err(TokenError::UnknownKey), "{name}");
            let found = verify(&mixed_up, &all).map(|_| ());
            assert_eq!(found, Err(TokenError::UnknownKey), "{name}, with the keys of both");
        }
        let only = all.only(&[signer.algorithm]);
        assert_eq!(only.kids().collect::<Vec<_>>(), [&signer.kid]);
    }
}

#[test]
fn an_rsa_key_verifies_pkcs_1_with_sha_256_only() {
    use jsonwebtoken::Algorithm::{PS256, PS384, RS256, RS384, RS512};
    let signer = signer(Algorithm::Rs256);
    for algorithm in [PS256, PS384, RS384, RS512, RS256] {
        let expected = if algorithm == RS256 { Ok(()) } else { Err(TokenError::Signature) };
        let token = signer.sign_by(algorithm, signer.header().to_string(), claims().to_string());
        assert_eq!(judge(signer, &token), expected, "JW29 {algorithm:?} as RS256");
        if algorithm != RS256 {
            let header = with(signer.header(), "alg", json!(format!("{algorithm:?}")));
            let token = signer.sign_by(algorithm, header, claims().to_string());
            assert_eq!(judge(signer, &token), Err(TokenError::UnknownKey), "JW29 {algorithm:?}");
        }
    }
}

#[test]
fn signatures_outside_their_range_are_refused() {
    for signer in signers() {
        let token = signer.sign(signer.header().to_string(), claims().to_string());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let good = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut rows = vec![
            ("JW28 one byte less", good[..good.len() - 1].to_vec()),
            ("JW28 one byte more", [good.as_slice(), &[0]].concat()),
            ("JW28 a byte before", [&[0], good.as_slice()].concat()),
            ("JW28 zeros", vec![0; good.len()]),
            ("JW28 ones", vec![0xff; good.len()]),
            ("JW28 twice", good.repeat(2)),
        ];
        match signer.algorithm {
            Algorithm::Es256 => rows.extend(ecdsa_rows(signer, message, &good)),
            Algorithm::EdDsa => rows.push(("RFC 8032 5.1.7 S beyond the order", beyond(&good))),
            _ => {}
        }
        for (name, forged) in rows {
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(forged));
            let found = judge(signer, &token);
            assert_eq!(found, Err(TokenError::Signature), "{}: {name}", signer.algorithm);
        }
    }
}

/// r and s of CVE-2022-21449 and around the order, and the good signature in DER.
fn ecdsa_rows(signer: &Signer, message: &str, good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (r, s) = good.split_at(32);
    let (zero, n) = ([0; 32].as_slice(), P256_ORDER.as_slice());
    let mut one = [0; 32];
    one[31] = 1;
    let der = private_der(signer);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).unwrap();
    let asn_1 = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    vec![
        ("JW28 r = 0", [zero, s].concat()),
        ("JW28 s = 0", [r, zero].concat()),
        ("JW28 r = n", [n, s].concat()),
        ("JW28 s = n", [r, n].concat()),
        ("JW28 r = s = n", [n, n].concat()),
        ("JW28 r = s = 1", [one, one].concat()),
        ("JW28 r = n, s = 0", [n, zero].concat()),
        ("JW28 s and r", [s, r].concat()),
        ("JW28 DER", asn_1.as_ref().to_vec()),
    ]
}

/// The signature with S + L for S, which a careless verifier takes for the same.
fn beyond(good: &[u8]) -> Vec<u8> {
    let mut forged = good.to_vec();
    let mut carry = 0;
    for (byte, add) in forged[32..].iter_mut().zip(ED25519_ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S + L has 32 bytes");
    forged
}

fn private_der(signer: &Signer) -> Vec<u8> {
    let (_, pem) = signer.pair.as_ref().unwrap();
    pem::parse(pem).unwrap().into_contents()
}

/// The public key in each form in which it goes about, so that a forger has it.
fn public_forms(signer: &Signer) -> Vec<(&'static str, Vec<u8>)> {
    let (jwk, _) = signer.pair.as_ref().unwrap();
    let (raw, spki) = raw_and_spki(signer);
    let block = |label: &str, der: &[u8]| {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new(label, der), config)
    };
    let text = block("PUBLIC KEY", &spki);
    let json = serde_json::to_value(jwk).unwrap();
    let coordinate = json["x"].as_str().or(json["n"].as_str()).unwrap();
    vec![
        ("PEM", text.clone().into_bytes()),
        ("PEM without the last newline", text.trim_end().as_bytes().to_vec()),
        ("PEM with CR LF", text.replace('\n', "\r\n").into_bytes()),
        ("PEM of PKCS #1", block("RSA PUBLIC KEY", &raw).into_bytes()),
        ("DER", spki),
        ("point or PKCS #1", raw),
        ("JWK", json.to_string().into_bytes()),
        ("JWK as it is published", serde_json::to_vec(jwk).unwrap()),
        ("key set", serde_json::to_vec(&JwkSet::new(vec![jwk.clone()])).unwrap()),
        ("x or n", URL_SAFE_NO_PAD.decode(coordinate).unwrap()),
        ("x or n in base64url", coordinate.as_bytes().to_vec()),
        ("kid", signer.kid.clone().into_bytes()),
        ("nothing", Vec::new()),
    ]
}

/// The key as aws-lc shows it, and as a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
fn raw_and_spki(signer: &Signer) -> (Vec<u8>, Vec<u8>) {
    fn both<K>(key: &K) -> (Vec<u8>, Vec<u8>)
    where
        K: AsRef<[u8]> + AsDer<PublicKeyX509Der<'static>>,
    {
        (key.as_ref().to_vec(), key.as_der().unwrap().as_ref().to_vec())
    }
    let der = private_der(signer);
    match signer.algorithm {
        Algorithm::EdDsa => both(Ed25519KeyPair::from_pkcs8(&der).unwrap().public_key()),
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
            both(pair.public_key())
        }
        _ => both(rsa::KeyPair::from_pkcs8(&der).unwrap().public_key()),
    }
}
