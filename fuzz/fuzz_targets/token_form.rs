//! Forms of `/token`, `/revoke` and `/introspect`: read as the WHATWG parser reads them, and a parameter
//! that comes twice is refused.
#![no_main]

use std::collections::BTreeMap;

use auth_server::oauth::Parameters;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let marked = Parameters::parse_marking(data);
    let Ok(parameters) = Parameters::parse(data) else {
        assert!(marked.is_err() || marked.is_ok_and(|marked| marked.has_repeated()));
        return;
    };
    assert!(!parameters.has_repeated());
    let reference: Vec<_> = form_urlencoded::parse(data).into_owned().collect();
    let by_name: BTreeMap<_, _> = reference.iter().cloned().collect();
    assert_eq!(by_name.len(), reference.len(), "a parameter came twice");
    for (name, value) in &by_name {
        let expected = Some(value.as_str()).filter(|value| !value.is_empty());
        assert_eq!(parameters.find(name), expected, "{name:?}");
        assert!(!parameters.is_repeated(name));
    }
    let printed = form_urlencoded::Serializer::new(String::new()).extend_pairs(&by_name).finish();
    let again = Parameters::parse(printed.as_bytes()).ok().expect("what is printed is read");
    assert!(by_name.keys().all(|name| again.find(name) == parameters.find(name)));
});
