//! Access tokens, against keys of all four algorithms: what our keys have not signed never counts, and
//! what they have says what the JSON in it says.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use scopegate_core::{
    algorithm::Algorithm,
    claims::{Claims, Verified},
    clock::Timestamp,
    jwk::JwkSet,
    key::SharedKeys,
    mint::Minter,
    scope::Scope,
    signing_key::SigningKey,
    verify::{Expectation, KeyHint, LEEWAY, TokenError, VerifyingKeys},
};
use serde_json::Value;
use sha2::Sha256;

const SHARED: &[u8] = b"0123456789abcdef0123456789abcdef";
const ISSUER: &str = "http://localhost:8000";
const AUDIENCE: &str = "http://localhost:8001";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct Setting {
    keys: VerifyingKeys,
    expectation: Expectation,
    /// A good token of each key.
    good: Vec<String>,
}

static SETTING: LazyLock<Setting> = LazyLock::new(|| {
    let shared = SharedKeys::parse(SHARED).expect("it is long enough");
    let pairs = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_asymmetric());
    let pairs: Vec<_> =
        pairs.map(|algorithm| SigningKey::generate(algorithm).expect("it is made").0).collect();
    let set = JwkSet::new(pairs.iter().map(|pair| pair.public().clone()).collect());
    let mut minters = vec![Minter::hs256(shared.signing())];
    minters.extend(pairs.iter().map(Minter::asymmetric));
    let claims = Claims {
        iss: ISSUER,
        sub: "johndoe",
        aud: AUDIENCE,
        exp: 1_800_001_800,
        iat: 1_800_000_000,
        jti: "AAAAAAAAAAAAAAAAAAAAAA",
        client_id: "web",
        scope: &Scope::parse("me items").expect("two tokens"),
        grant_id: "BBBBBBBBBBBBBBBBBBBBBB",
    };
    Setting {
        keys: VerifyingKeys::hs256(&shared).and(VerifyingKeys::public(&set)),
        expectation: Expectation { issuer: ISSUER.into(), audience: AUDIENCE.into() },
        good: minters.iter().map(|m| m.mint(&claims).expect("it signs")).collect(),
    }
});

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    match mode {
        b'd' => damage(rest),
        b's' => sign(rest),
        _ => foreign(data),
    }
});

fn verify(token: &str) -> Result<Verified, TokenError> {
    SETTING.expectation.verify(token, &SETTING.keys, NOW)
}

fn hs256(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SHARED).expect("HMAC takes any key");
    mac.update(message.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Text from elsewhere: it counts only with a signature that the shared key makes. The key pairs are
/// new in each run, so nobody has a signature of theirs.
fn foreign(data: &[u8]) {
    let Ok(token) = std::str::from_utf8(data) else { return };
    let _ = KeyHint::parse(token);
    if verify(token).is_ok() {
        let (message, signature) = token.rsplit_once('.').expect("it has three parts");
        assert_eq!(signature, hs256(message), "forged");
    }
}

/// A good token in which some bytes are others: none of it counts.
fn damage(rest: &[u8]) {
    let [which, place_high, place_low, by @ ..] = rest else { return };
    let good = &SETTING.good[usize::from(*which) % SETTING.good.len()];
    let mut token = good.clone().into_bytes();
    let place = usize::from(u16::from_be_bytes([*place_high, *place_low])) % token.len();
    for (byte, by) in token[place..].iter_mut().zip(by.iter().take(8)) {
        *byte ^= by & 0x7f;
    }
    let token = String::from_utf8(token).expect("still ASCII");
    assert!(token == *good || verify(&token).is_err(), "{token}");
    assert!(verify(good).is_ok());
}

/// Any header and claims over our own signature: what is let in is for us, ours and alive.
fn sign(rest: &[u8]) {
    let mut parts = rest.splitn(2, |&b| b == b'\n');
    let (Some(header), Some(claims)) = (parts.next(), parts.next()) else { return };
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let token = format!("{message}.{}", hs256(&message));
    let Ok(verified) = verify(&token) else { return };
    let header: Value = serde_json::from_slice(header).expect("it was read");
    assert_eq!(header["alg"], "HS256");
    assert!(header.get("crit").is_none());
    let said: Value = serde_json::from_slice(claims).expect("it was read");
    assert_eq!(said["iss"], ISSUER);
    let audience = &said["aud"];
    assert!(
        audience == AUDIENCE
            || audience.as_array().is_some_and(|a| a.iter().any(|a| a == AUDIENCE))
    );
    assert_eq!(said["sub"], verified.subject);
    assert!(!verified.subject.is_empty());
    assert!(Timestamp::from_seconds(verified.expires_at).plus(LEEWAY) > NOW);
    assert!(said.get("cnf").is_none(), "bound to a key");
    assert_eq!(verified.payload, claims);
}
