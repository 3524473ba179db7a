//! Private keys in PEM: one that is taken can sign, and its public half verifies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scopegate_core::{
    jwk::JwkSet, key::SharedKeys, mint::Minter, signing_key::SigningKey, verify::VerifyingKeys,
};

fuzz_target!(|data: &str| {
    assert!(SharedKeys::parse(b"short").is_err());
    let Ok(key) = SigningKey::parse_pem(data) else { return };
    assert!(key.algorithm().is_asymmetric());
    assert_eq!(key.kid(), key.public().thumbprint());
    let named =
        format!("Jwk {{ kid: Some({:?}), algorithm: {:?}, .. }}", key.kid(), key.algorithm());
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ public: {named}, .. }}"));
    let set = JwkSet::new(vec![key.public().clone()]);
    assert_eq!(VerifyingKeys::public(&set).len(), 1);
    assert!(Minter::asymmetric(&key).mint(&serde_json::json!({})).is_ok());
});
