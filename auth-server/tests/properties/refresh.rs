//! Refresh families under any interleaving of what clients, users, operators and time do.

use std::{collections::BTreeSet, time::Duration};

use auth_server::secret::Secret;
use axum::{
    body::Body,
    http::{Request, header},
};
use proptest::{collection::vec, prelude::*};
use scopegate_core::clock::Timestamp;
use scopegate_store::{Connection, JobFuture, cleanup, users};
use tower::ServiceExt;

use crate::{
    in_process::{Answer, Server},
    model::{Expected, Family},
};

const USER: &str = "johndoe";

/// What happens next. Families are counted round, tokens backwards from the newest.
#[derive(Clone, Debug)]
enum Deed {
    Login,
    Refresh {
        family: usize,
        age: usize,
    },
    /// A refresh with the token of somebody else's client.
    Steal {
        family: usize,
        age: usize,
    },
    /// RFC 7009, by the newest token.
    Revoke {
        family: usize,
    },
    Disable,
    ChangePassword,
    Clean,
    Wait(Duration),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let family = 0usize..3;
    let moments = prop_oneof![
        4 => (1u64..=40).prop_map(Duration::from_secs),
        1 => (1u64..=40).prop_map(|days| Duration::from_hours(days * 24)),
    ];
    let deed = prop_oneof![
        2 => Just(Deed::Login),
        9 => (family.clone(), Just(0)).prop_map(|(family, age)| Deed::Refresh { family, age }),
        4 => (family.clone(), 1usize..4).prop_map(|(family, age)| Deed::Refresh { family, age }),
        1 => (family.clone(), 0usize..3).prop_map(|(family, age)| Deed::Steal { family, age }),
        1 => family.prop_map(|family| Deed::Revoke { family }),
        1 => Just(Deed::Disable),
        1 => Just(Deed::ChangePassword),
        2 => Just(Deed::Clean),
        6 => moments.prop_map(Deed::Wait),
    ];
    vec(deed, 1..30)
}

/// The server, and what the model says of it.
struct Story {
    server: Server,
    families: Vec<Family>,
    seen: BTreeSet<String>,
}

impl Story {
    async fn start() -> Self {
        let mut story =
            Self { server: Server::start().await, families: Vec::new(), seen: BTreeSet::new() };
        story.login().await;
        story
    }

    async fn act(&mut self, deed: &Deed) {
        match *deed {
            Deed::Login => self.login().await,
            Deed::Refresh { family, age } => self.refresh(family, age).await,
            Deed::Steal { family, age } => {
                let family = &self.families[family % self.families.len()];
                let token = family.token(age).to_owned();
                self.post("other", &token).await.expect_error(400, "invalid_grant");
            }
            Deed::Revoke { family } => self.revoke(family).await,
            Deed::Disable => {
                self.operate(|conn, now| Box::pin(users::set_disabled(conn, USER, true, now)))
                    .await;
                self.operate(|conn, now| Box::pin(users::set_disabled(conn, USER, false, now)))
                    .await;
                self.families.iter_mut().for_each(Family::revoke);
            }
            Deed::ChangePassword => {
                let hash = self.server.app.hasher.hash(Secret::new("secret".to_owned()));
                let (hash, now) = (hash.await.unwrap().as_str().to_owned(), self.server.now());
                let set = self.server.app.store.write(move |conn| {
                    Box::pin(async move { users::set_password(conn, USER, &hash, now).await })
                });
                assert!(set.await.unwrap());
                self.families.iter_mut().for_each(Family::revoke);
            }
            Deed::Clean => {
                let now = self.server.now();
                let clean = self.server.app.store.write(move |conn| {
                    Box::pin(async move { cleanup::delete_expired(conn, now, 100).await })
                });
                clean.await.unwrap();
            }
            Deed::Wait(time) => self.server.advance(time),
        }
    }

    async fn login(&mut self) {
        let token = self.server.login("me items").await.refresh_token();
        assert!(self.seen.insert(token.clone()), "no token is given out twice");
        self.families.push(Family::new(token, self.server.now()));
    }

    async fn refresh(&mut self, family: usize, age: usize) {
        let place = family % self.families.len();
        let now = self.server.now();
        let family = &mut self.families[place];
        let token = family.token(age).to_owned();
        let expected = family.uses(age, now);
        let answer = self.post("first-party", &token).await;
        match expected {
            Expected::Refused => answer.expect_error(400, "invalid_grant"),
            Expected::Same => {
                assert_eq!(answer.refresh_token(), self.families[place].newest(), "a lost answer");
            }
            Expected::New => {
                let successor = answer.refresh_token();
                assert!(self.seen.insert(successor.clone()), "no token is given out twice");
                self.families[place].succeeds(successor, now);
            }
        }
    }

    async fn revoke(&mut self, family: usize) {
        let place = family % self.families.len();
        let now = self.server.now();
        let family = &mut self.families[place];
        let form = format!("client_id=first-party&token={}", family.newest());
        if family.lives(now) {
            family.revoke();
        }
        let request = Request::post("/revoke")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let answer = self.server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// The successor that was acknowledged last works exactly where the model says so.
    async fn end(self) {
        for place in 0..self.families.len() {
            let now = self.server.now();
            let lives = self.families[place].lives(now);
            let answer = self.post("first-party", self.families[place].newest()).await;
            assert_eq!(answer.status, if lives { 200 } else { 400 }, "{:?}", self.families[place]);
        }
    }

    async fn post(&self, client: &str, token: &str) -> Answer {
        let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
        self.server.post(&form).await
    }

    async fn operate(&self, deed: fn(&mut Connection, Timestamp) -> JobFuture<'_, bool>) {
        let now = self.server.now();
        assert!(self.server.app.store.write(move |conn| deed(conn, now)).await.unwrap());
    }
}

const CASES: u32 = 48;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_family_has_one_line_of_successors_and_ends_at_a_reuse(deeds in deeds()) {
        tokio::runtime::Runtime::new()?.block_on(async {
            let mut story = Story::start().await;
            for deed in &deeds {
                story.act(deed).await;
            }
            story.end().await;
        });
    }
}
