//! A scope is a set: whatever tokens there are, its operations agree with those of `BTreeSet`.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use scopegate_core::scope::{Scope, ScopeError};

/// One token (RFC 6749 §3.3), from few letters, so that two scopes share some, or from all.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{1,2}", 1 => r"[!#-\[\]-~]{1,8}"]
}

fn tokens() -> impl Strategy<Value = Vec<String>> {
    vec(token(), 0..12)
}

/// The tokens with any number of spaces around each.
fn spaced(tokens: &[String], spaces: usize) -> String {
    let gap = " ".repeat(spaces + 1);
    format!("{}{}{}", &gap[1..], tokens.join(&gap), &gap[1..])
}

fn set(tokens: &[String]) -> BTreeSet<&str> {
    tokens.iter().map(String::as_str).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scope_holds_its_tokens_sorted_and_each_once(tokens in tokens(), spaces in 0usize..3) {
        let scope = Scope::parse(&spaced(&tokens, spaces))?;
        prop_assert!(scope.iter().eq(set(&tokens)));
        prop_assert_eq!(&Scope::from_tokens(tokens.iter().map(String::as_str))?, &scope);
        prop_assert_eq!(Scope::parse(&scope.to_string())?, scope.clone());
        prop_assert_eq!(scope.is_empty(), tokens.is_empty());
        prop_assert!(tokens.iter().all(|token| scope.contains(token)));
    }

    #[test]
    fn its_operations_are_those_of_sets(a in tokens(), b in tokens(), c in tokens()) {
        let scope = |tokens: &[String]| Scope::from_tokens(tokens.iter().map(String::as_str));
        let (x, y, z) = (scope(&a)?, scope(&b)?, scope(&c)?);
        prop_assert!(x.intersection(&y).iter().eq(set(&a).intersection(&set(&b)).copied()));
        prop_assert!(x.union(&y).iter().eq(set(&a).union(&set(&b)).copied()));
        prop_assert_eq!(x.is_subset(&y), set(&a).is_subset(&set(&b)));
        // What is granted never exceeds what was asked for, what the client may ask, what the user holds.
        let granted = x.intersection(&y).intersection(&z);
        prop_assert!([&x, &y, &z].iter().all(|bound| granted.is_subset(bound)));
        prop_assert_eq!(&granted, &z.intersection(&y).intersection(&x));
    }

    #[test]
    fn a_character_of_no_token_is_refused(before in tokens(), other in "[^ !#-\\[\\]-~]", after in tokens()) {
        let text = format!("{}{other}{}", spaced(&before, 0), spaced(&after, 0));
        prop_assert_eq!(Scope::parse(&text), Err(ScopeError::Character));
    }
}
