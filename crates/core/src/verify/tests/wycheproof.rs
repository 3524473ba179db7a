//! The vectors of Wycheproof for JWS and JWK (JW29), where they can be found: see
//! `tests/vectors/README.md`.

use std::{env, fs, io::Write, path::Path};

use serde::Deserialize;

use super::{
    published::{open, symmetric},
    *,
};
use crate::jwk::Jwk;

/// Valid by the data, but there is a `?` in their base64url: RFC 7515 §2 knows none (JW25).
const STRAY_CHARACTERS: [&str; 2] =
    ["InvalidCharacterInsertedInHeader", "InvalidCharacterInsertedInPayload"];

/// Invalid by the data, which calls the same bytes valid as well (C2SP/wycheproof#236).
const CONTRADICTIONS: [&str; 2] = ["invalidBase64Padding", "invalidBase64PaddingInPayload"];

/// Invalid by the data, for a fault of the generator that made the key (CVE-2017-15361). Whose
/// modulus it is, its publisher answers for; it is not looked for here.
const WEAK_MODULUS: &str = "rejectsKeyWithRocaVulnerability";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    comment: String,
    jws: String,
    result: String,
}

impl Group {
    /// The public key, or the symmetric one.
    fn key(&self) -> &Value {
        self.public.as_ref().or(self.private.as_ref()).unwrap()
    }

    fn calls_valid(&self, jws: &str) -> bool {
        self.tests.iter().any(|vector| vector.is_valid() && vector.jws == jws)
    }
}

impl Vector {
    fn is_valid(&self) -> bool {
        self.result == "valid"
    }
}

/// The groups of one file; `None`, and a line that says so, where it is not there.
fn groups(file: &str) -> Option<Vec<Group>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wycheproof");
    let folder = env::var_os("SCOPEGATE_TEST_WYCHEPROOF").map_or(beside, Into::into);
    let Ok(text) = fs::read_to_string(folder.join(file)) else {
        // Not `eprintln`, which the test harness keeps to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {file} of Wycheproof is not there");
        return None;
    };
    Some(serde_json::from_str::<Vectors>(&text).unwrap().test_groups)
}

/// What a verifier trusts that was given this key: nothing, where the key is refused.
fn keys_of(jwk: &Value) -> VerifyingKeys {
    if jwk["kty"] == "oct" {
        return symmetric(jwk);
    }
    Jwk::parse(jwk.to_string().as_bytes()).map_or_else(
        |_| VerifyingKeys::default(),
        |key| VerifyingKeys::public(&JwkSet::new(vec![key])),
    )
}

#[test]
fn the_signature_vectors_of_wycheproof_hold() {
    let Some(groups) = groups("json_web_signature_test.json") else { return };
    let (mut as_said, mut not_offered) = (0, 0);
    let (mut stricter, mut contradictions) = (Vec::new(), Vec::new());
    for group in &groups {
        let jwk = group.key();
        let ours = jwk["alg"].as_str().is_none_or(|alg| alg.parse::<Algorithm>().is_ok());
        let keys = keys_of(jwk);
        for vector in &group.tests {
            let opened = open(&vector.jws, &keys).is_ok();
            let told = format!("{} {}", vector.tc_id, vector.comment);
            if !ours {
                assert!(!opened, "{told}: an algorithm that is not ours");
                not_offered += 1;
            } else if opened == vector.is_valid() {
                as_said += 1;
            } else if opened {
                assert!(group.calls_valid(&vector.jws), "{told}: taken, though it is invalid");
                contradictions.push(vector.comment.as_str());
            } else {
                stricter.push(vector.comment.as_str());
            }
        }
    }
    assert_eq!(stricter, STRAY_CHARACTERS);
    assert_eq!(contradictions, CONTRADICTIONS);
    assert!(as_said > 250, "{as_said}");
    let _ = writeln!(
        std::io::stderr(),
        "Wycheproof, signatures: {as_said} as the vectors say, 2 stricter, 2 contradict themselves, \
         {not_offered} of algorithms that are not ours refused"
    );
}

#[test]
fn the_key_set_vectors_of_wycheproof_hold() {
    let Some(groups) = groups("json_web_key_test.json") else { return };
    let (mut as_said, mut symmetric_refused) = (0, 0);
    for group in &groups {
        let set = JwkSet::parse(group.key().to_string().as_bytes(), |_, _| {}).unwrap();
        let keys = VerifyingKeys::public(&set);
        let has_symmetric =
            group.key()["keys"].as_array().unwrap().iter().any(|key| key["kty"] == "oct");
        for vector in &group.tests {
            let opened = open(&vector.jws, &keys).is_ok();
            let told = format!("{} {}", vector.tc_id, vector.comment);
            if has_symmetric {
                assert!(!opened, "{told}: a symmetric key out of a key set");
                symmetric_refused += 1;
            } else if vector.comment == WEAK_MODULUS {
                assert!(opened, "{told}: looked for after all? Then this exception can go");
            } else {
                assert_eq!(opened, vector.is_valid(), "{told}");
                as_said += 1;
            }
        }
    }
    assert!(as_said >= 10, "{as_said}");
    let _ = writeln!(
        std::io::stderr(),
        "Wycheproof, key sets: {as_said} as the vectors say, {symmetric_refused} with symmetric \
         keys refused, 1 weak modulus not looked for"
    );
}
