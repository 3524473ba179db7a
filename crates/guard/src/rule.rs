//! One route's demand with its challenges, written out once when the routes are built.

use std::sync::Arc;

use http::{HeaderValue, Method};
use scopegate_core::{
    challenge::{BearerError, Challenge},
    scope::Scope,
};

use crate::{
    access::Access,
    demand::{Demand, Need},
};

/// What one method of one route needs, and the headers of its refusals.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) demand: Demand,
    /// A request without a token passes, too.
    pub(crate) optional: bool,
    pub(crate) no_token: HeaderValue,
    pub(crate) invalid_token: HeaderValue,
    pub(crate) insufficient_scope: HeaderValue,
    pub(crate) invalid_request: HeaderValue,
}

/// The rules of one path, by method.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    base: Option<Arc<Rule>>,
    special: Arc<[(Method, Arc<Rule>)]>,
}

impl Rule {
    /// `None` where nothing is needed.
    fn new(need: Need, resource_metadata: &str) -> Option<Arc<Self>> {
        let (optional, demand) = match need {
            Need::Nothing => return None,
            Need::Optional => (true, Demand::none()),
            Need::Token(demand) => (false, demand),
        };
        let scope = demand.sufficient();
        let challenge = |error, scope: &Scope| {
            let line = Challenge { error, scope, resource_metadata }.to_string();
            HeaderValue::try_from(line)
                .expect("scope tokens and a checked URL are printable ASCII without quotes")
        };
        Some(Arc::new(Self {
            no_token: challenge(None, &scope),
            invalid_token: challenge(Some(BearerError::InvalidToken), &scope),
            insufficient_scope: challenge(Some(BearerError::InsufficientScope), &scope),
            invalid_request: challenge(Some(BearerError::InvalidRequest), &Scope::empty()),
            demand,
            optional,
        }))
    }
}

impl Rules {
    pub(crate) fn new(access: &Access, resource_metadata: &str) -> Self {
        let rule = |need: Need| Rule::new(need, resource_metadata);
        let special = access
            .special_methods()
            .into_iter()
            .filter_map(|method| Some((rule(access.need(&method))?, method)))
            .map(|(rule, method)| (method, rule))
            .collect();
        Self { base: rule(access.base().clone()), special }
    }

    /// The rule for a method; `None` where it is open.
    pub(crate) fn find(&self, method: &Method) -> Option<&Arc<Rule>> {
        self.special
            .iter()
            .find_map(|(of, rule)| (of == method).then_some(rule))
            .or(self.base.as_ref())
    }
}
