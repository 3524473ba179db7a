//! The shared-key file: a key is a line, byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scopegate_core::key::{SharedKey, SharedKeys};

fuzz_target!(|data: &[u8]| {
    let Ok(keys) = SharedKeys::parse(data) else { return };
    let texts: Vec<&[u8]> = keys.iter().map(SharedKey::expose).collect();
    assert!((1..=SharedKeys::MAX_KEYS).contains(&texts.len()));
    assert!(texts.iter().all(|text| text.len() >= SharedKey::MIN_BYTES));
    assert!(keys.iter().all(|key| key.kid().len() == 11));
    assert_eq!(keys.signing().expose(), texts[0]);
    assert_eq!(SharedKeys::parse(&texts.join(&b'\n')).as_ref(), Ok(&keys));
});
