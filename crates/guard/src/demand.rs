//! What a request needs: a token or none, with all of some scopes and one of each group.

use std::fmt;

use scopegate_core::scope::{Scope, ScopeError};

/// What a token must be granted: every scope of a set, and at least one scope of each group.
///
/// ```
/// use scopegate_guard::{Access, Need, Scope};
///
/// let access = Access::scopes(["me"]).and(Access::any_of(["notes:read", "notes:write"]));
/// let Need::Token(demand) = access.need(&http::Method::GET) else { panic!() };
/// assert_eq!(demand.to_string(), "me (notes:read or notes:write)");
/// assert_eq!(demand.sufficient(), Scope::parse("me notes:read")?);
/// assert!(demand.is_met_by(&Scope::parse("me notes:write")?));
/// assert!(!demand.is_met_by(&Scope::parse("notes:write")?));
/// # Ok::<(), scopegate_core::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    all: Scope,
    /// Each of two scopes or more, in the order in which they were named, none implied by `all`
    /// or by another group.
    groups: Vec<Vec<Box<str>>>,
}

/// What a request with some method needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// No token, nor is one looked at.
    Nothing,
    /// No token; one that comes must be good.
    Optional,
    /// A valid token that meets this demand.
    Token(Demand),
}

impl Demand {
    /// Any valid token meets it.
    pub const fn none() -> Self {
        Self { all: Scope::empty(), groups: Vec::new() }
    }

    pub(crate) fn all_of<'a>(
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ScopeError> {
        Ok(Self { all: Scope::from_tokens(tokens)?, groups: Vec::new() })
    }

    /// `None` for no scope at all: one of nothing can never be held.
    pub(crate) fn any_of<'a>(
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<Self>, ScopeError> {
        let mut group: Vec<Box<str>> = Vec::new();
        for token in tokens {
            if !group.iter().any(|known| **known == *token) {
                group.push(token.into());
            }
        }
        let all = Scope::from_tokens(group.iter().map(AsRef::as_ref))?;
        Ok(match group.len() {
            0 => None,
            1 => Some(Self { all, groups: Vec::new() }),
            _ => Some(Self { all: Scope::empty(), groups: vec![group] }),
        })
    }

    /// Whether any valid token will do.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.groups.is_empty()
    }

    /// Whether a token with these scopes will do.
    pub fn is_met_by(&self, held: &Scope) -> bool {
        self.all.is_subset(held) && self.groups.iter().all(|group| holds_one(held, group))
    }

    /// Every scope that is asked for in any way.
    pub fn all_scopes(&self) -> Scope {
        self.groups.iter().fold(self.all.clone(), |sum, group| sum.union(&set(group)))
    }

    /// The scopes that a challenge names (RFC 6750 §3): all that must be there, and of each group
    /// the one that was named first, unless another of them is there already. A client that asks
    /// for exactly these gets in, and is granted no more than that takes.
    pub fn sufficient(&self) -> Scope {
        self.groups.iter().fold(self.all.clone(), |sum, group| {
            if holds_one(&sum, group) { sum } else { sum.union(&set(&group[..1])) }
        })
    }

    /// Each set of scopes that will do and holds nothing needless: one where there are no groups,
    /// and the product of the groups where there are.
    pub fn alternatives(&self) -> Vec<Scope> {
        let mut found = vec![self.all.clone()];
        for group in &self.groups {
            found = found
                .iter()
                .flat_map(|sum| group.iter().map(|one| sum.union(&set(std::slice::from_ref(one)))))
                .collect();
        }
        let needless = |at: usize, scope: &Scope| {
            found.iter().enumerate().any(|(other_at, other)| {
                other.is_subset(scope) && (other != scope || other_at < at)
            })
        };
        let keep = |(at, scope): (usize, &Scope)| (!needless(at, scope)).then(|| scope.clone());
        found.iter().enumerate().filter_map(keep).collect()
    }

    /// What must be there in any case.
    pub fn required_scopes(&self) -> &Scope {
        &self.all
    }

    /// The groups of which one scope each must be there, in the order in which they were named.
    pub fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.groups.iter().map(|group| group.iter().map(AsRef::as_ref))
    }

    /// Both demands.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        let all = self.all.union(&other.all);
        let mut groups: Vec<Vec<Box<str>>> = Vec::new();
        for group in self.groups.iter().chain(&other.groups) {
            let implied = |by: &Vec<Box<str>>| by.iter().all(|token| group.contains(token));
            if holds_one(&all, group) || groups.iter().any(implied) {
                continue;
            }
            groups.retain(|known| !group.iter().all(|token| known.contains(token)));
            groups.push(group.clone());
        }
        Self { all, groups }
    }
}

/// In words: `any valid token`, or the scopes, then each group as `(a or b)`.
impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("any valid token");
        }
        write!(f, "{}", self.all)?;
        for (at, group) in self.groups.iter().enumerate() {
            let gap = if at > 0 || !self.all.is_empty() { " " } else { "" };
            write!(f, "{gap}({})", group.join(" or "))?;
        }
        Ok(())
    }
}

fn holds_one(held: &Scope, group: &[Box<str>]) -> bool {
    group.iter().any(|token| held.contains(token))
}

fn set(tokens: &[Box<str>]) -> Scope {
    Scope::from_tokens(tokens.iter().map(AsRef::as_ref))
        .expect("a demand is made of scope tokens, few enough")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(tokens: &str) -> Demand {
        Demand::all_of(tokens.split(' ')).unwrap()
    }

    fn any(tokens: &str) -> Demand {
        Demand::any_of(tokens.split(' ')).unwrap().unwrap()
    }

    #[test]
    fn demands_add_up_without_what_others_imply() {
        for (name, sum, shown, challenge) in [
            ("nothing", Demand::none(), "any valid token", ""),
            ("all and one of", all("me").union(&any("w r")), "me (w or r)", "me w"),
            ("two groups", any("a b").union(&any("c d")), "(a or b) (c or d)", "a c"),
            ("a group of one", any("a").union(&any("a")), "a", "a"),
            ("the same scope twice", any("a b a"), "(a or b)", "a"),
            ("met by what is asked anyway", any("a b").union(&all("b")), "b", "b"),
            ("the same group twice", any("a b").union(&any("b a")), "(a or b)", "a"),
            ("a wider group", any("a b").union(&any("a b c")), "(a or b)", "a"),
            ("a narrower group", any("a b c").union(&any("c b")), "(c or b)", "c"),
            ("one scope for two groups", any("a b").union(&any("c a")), "(a or b) (c or a)", "a"),
        ] {
            assert_eq!(sum.to_string(), shown, "{name}");
            assert_eq!(sum.sufficient().to_string(), challenge, "{name}");
            assert!(sum.is_met_by(&sum.sufficient()), "{name}");
        }
    }

    #[test]
    fn a_token_meets_a_demand_by_one_of_each_group() {
        let demand = all("me").union(&any("a b")).union(&any("c d"));
        for (held, met) in [
            ("me a c", true),
            ("me b d", true),
            ("me a b", false),
            ("me c", false),
            ("a c", false),
            ("ME a c", false),
            ("", false),
        ] {
            assert_eq!(demand.is_met_by(&held.parse().unwrap()), met, "{held}");
        }
    }

    #[test]
    fn alternatives_are_the_least_sets_that_will_do() {
        for (demand, expected) in [
            (Demand::none(), vec![""]),
            (all("b a"), vec!["a b"]),
            (all("me").union(&any("w r")), vec!["me w", "me r"]),
            (any("a b").union(&any("c d")), vec!["a c", "a d", "b c", "b d"]),
            (any("a b").union(&any("a c")), vec!["a", "b c"]),
        ] {
            let found: Vec<_> = demand.alternatives().iter().map(Scope::to_string).collect();
            assert_eq!(found, expected, "{demand}");
        }
    }
}
