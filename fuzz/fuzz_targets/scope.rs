//! `scope` (RFC 6749 §3.3): what is printed is what was read, and each operation is a set's.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use scopegate_core::scope::Scope;

fuzz_target!(|data: &str| {
    let (left, right) = data.split_once('\n').unwrap_or((data, ""));
    let (Ok(a), Ok(b)) = (Scope::parse(left), Scope::parse(right)) else { return };
    assert_eq!(Scope::parse(&a.to_string()).as_ref(), Ok(&a));
    let json = serde_json::to_string(&a).expect("a scope is a string");
    assert_eq!(serde_json::from_str::<Scope>(&json).ok().as_ref(), Some(&a));

    let set = |scope: &Scope| scope.iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let (x, y) = (set(&a), set(&b));
    assert!(a.iter().eq(x.iter()), "sorted, each once");
    assert!(a.iter().eq(left.split(' ').filter(|t| !t.is_empty()).collect::<BTreeSet<_>>()));
    assert_eq!(set(&a.intersection(&b)), &x & &y);
    assert_eq!(set(&a.union(&b)), &x | &y);
    assert_eq!(a.is_subset(&b), x.is_subset(&y));
});
