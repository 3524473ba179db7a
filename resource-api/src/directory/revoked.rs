//! What was revoked before it expired: tokens by `jti`, grants by `grant_id`.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use scopegate_core::{claims::Verified, clock::Timestamp, verify::LEEWAY};

/// Ids that are refused, each until the last token it concerns has expired.
#[derive(Default)]
pub struct Revoked {
    tokens: RwLock<Ids>,
    grants: RwLock<Ids>,
}

type Ids = HashMap<String, Timestamp>;

impl Revoked {
    /// Refuses a token by its `jti`.
    pub fn add_token(&self, id: String, until: Timestamp) {
        add(&self.tokens, id, until);
    }

    /// Refuses every token of a grant.
    pub fn add_grant(&self, id: String, until: Timestamp) {
        add(&self.grants, id, until);
    }

    /// Whether the token or its grant was revoked.
    pub fn holds(&self, token: &Verified) -> bool {
        let held = |ids: &RwLock<Ids>, id: &Option<String>| {
            id.as_ref().is_some_and(|id| {
                ids.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
            })
        };
        held(&self.grants, &token.grant_id) || held(&self.tokens, &token.token_id)
    }

    /// How many tokens there are, and how many grants.
    pub fn len(&self) -> [usize; 2] {
        [&self.tokens, &self.grants]
            .map(|ids| ids.read().unwrap_or_else(PoisonError::into_inner).len())
    }

    /// Forgets what has expired, with the skew that the verifier allows.
    pub fn forget_expired(&self, now: Timestamp) {
        for ids in [&self.tokens, &self.grants] {
            ids.write()
                .unwrap_or_else(PoisonError::into_inner)
                .retain(|_, until| now <= until.plus(LEEWAY));
        }
    }
}

fn add(ids: &RwLock<Ids>, id: String, until: Timestamp) {
    ids.write().unwrap_or_else(PoisonError::into_inner).insert(id, until);
}

#[cfg(test)]
mod tests {
    use scopegate_core::scope::Scope;

    use super::*;

    fn token(jti: &str, grant: &str) -> Verified {
        Verified {
            issuer: "http://localhost:8000".into(),
            subject: "johndoe".into(),
            client_id: Some("first-party".into()),
            scope: Scope::empty(),
            expires_at: 100,
            issued_at: None,
            token_id: Some(jti.into()),
            grant_id: Some(grant.into()),
            payload: Vec::new(),
        }
    }

    #[test]
    fn a_revocation_holds_until_its_tokens_have_expired() {
        let revoked = Revoked::default();
        revoked.add_grant("g1".into(), Timestamp::from_seconds(100));
        revoked.add_token("t2".into(), Timestamp::from_seconds(200));
        for (now, first, second) in
            [(0, true, true), (105, true, true), (106, false, true), (206, false, false)]
        {
            revoked.forget_expired(Timestamp::from_seconds(now));
            assert_eq!(revoked.holds(&token("t1", "g1")), first, "{now}");
            assert_eq!(revoked.holds(&token("t2", "g2")), second, "{now}");
        }
    }
}
