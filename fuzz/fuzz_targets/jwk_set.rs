//! Key sets from elsewhere (RFC 7517): what is taken is public, can be used, and prints as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scopegate_core::{
    jwk::{Jwk, JwkSet},
    verify::VerifyingKeys,
};

fuzz_target!(|data: &[u8]| {
    let _ = Jwk::parse(data);
    let mut skipped = 0;
    let Ok(set) = JwkSet::parse(data, |_, _| skipped += 1) else { return };
    assert!(set.keys().len() + skipped <= JwkSet::MAX_KEYS);
    assert_eq!(VerifyingKeys::public(&set).len(), set.keys().len(), "each can be used");
    let printed = serde_json::to_vec(&set).expect("a set is JSON");
    let again = JwkSet::parse(&printed, |_, why| panic!("ours is refused: {why}"));
    assert_eq!(again.as_ref(), Ok(&set));
    let json: serde_json::Value = serde_json::from_slice(&printed).expect("just printed");
    for (key, json) in set.keys().iter().zip(json["keys"].as_array().expect("a list")) {
        assert_eq!(key.thumbprint().len(), 43);
        assert!(["d", "p", "q", "k"].iter().all(|private| json.get(private).is_none()));
    }
});
