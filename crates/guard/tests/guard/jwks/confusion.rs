//! JW03: a public key taken for a shared secret, where HS256 is verified as well.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{EncodingKey, crypto::sign};
use scopegate_guard::SharedKeys;

use super::*;

const SHARED: &[u8] = b"0123456789abcdef0123456789abcdef";

/// A token said to be HS256 by the key of this name, signed with these bytes.
fn hs256(kid: Option<&str>, secret: &[u8]) -> String {
    let mut header = json!({"typ": "at+jwt", "alg": "HS256"});
    if let Some(kid) = kid {
        header["kid"] = json!(kid);
    }
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
    let key = EncodingKey::from_secret(secret);
    let signature = sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// The spellings of a public key that a confused verifier might use as a secret.
fn spellings(jwk: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let member = |name: &str| {
        let text = jwk[name].as_str().unwrap_or_default();
        URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let (der, numbers) = match jwk["kty"].as_str().unwrap() {
        "OKP" => (spki(ED25519, &member("x")), member("x")),
        "EC" => {
            let point = [&[4][..], &member("x"), &member("y")].concat();
            (spki(P256, &point), point)
        }
        _ => {
            let integers = [integer(&member("n")), integer(&member("e"))].concat();
            (spki(RSA, &tlv(0x30, &integers)), member("n"))
        }
    };
    let lines: Vec<String> = STANDARD
        .encode(&der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    vec![
        ("PEM with a newline", format!("{pem}\n").into_bytes()),
        ("PEM without one", pem.clone().into_bytes()),
        ("PEM in one line", pem.replace('\n', "").into_bytes()),
        ("DER", der),
        ("JWK", jwk.to_string().into_bytes()),
        ("modulus or point", numbers),
        ("modulus or x in base64url", jwk["n"].as_str().or(jwk["x"].as_str()).unwrap().into()),
        ("nothing", Vec::new()),
    ]
}

/// The algorithm identifiers of RFC 8410 §3, RFC 5480 §2.1.1 and RFC 3279 §2.3.1, in DER.
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const P256: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let key = tlv(0x03, &[&[0], key].concat());
    tlv(0x30, &[algorithm, &key].concat())
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
    tlv(0x02, &[sign, number].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match content.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag][..], &length, content].concat()
}

#[tokio::test(start_paused = true)]
async fn a_public_key_is_no_secret_even_beside_shared_keys() {
    let shared = SharedKeys::parse(SHARED).unwrap();
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        let key = key_for(algorithm);
        let world = World::loaded(&[&key]).await;
        let keys = Keys::any([Keys::fixed(&shared), world.keys.clone()]);
        let verifier = verifier(&keys);
        let good = hs256(Some(shared.signing().kid()), SHARED);
        assert!(verifier.verify(&good).await.is_ok(), "HS256 is verified");
        assert!(verifier.verify(&token(&key)).await.is_ok(), "{algorithm} is verified");
        let jwk = serde_json::to_value(key.public()).unwrap();
        for (spelling, secret) in spellings(&jwk) {
            for (kid, expected) in [
                (Some(key.kid()), TokenError::UnknownKey),
                (Some(shared.signing().kid()), TokenError::Signature),
                (None, TokenError::Signature),
            ] {
                let refused = verifier.verify(&hs256(kid, &secret)).await.err();
                let expected = Some(VerifyError::Token(expected));
                assert_eq!(refused, expected, "{algorithm}, {spelling}, {kid:?}");
            }
        }
        assert_eq!(world.asked(), 1);
    }
}

#[test]
fn the_spellings_are_those_of_the_key() {
    // The key of RFC 8410 §10.1, as its PEM.
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"});
    let (_, pem) = spellings(&jwk).remove(0);
    let pem = String::from_utf8(pem).unwrap();
    assert_eq!(
        pem,
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
         -----END PUBLIC KEY-----\n"
    );
}
