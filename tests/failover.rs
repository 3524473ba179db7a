//! PostgreSQL goes away and comes back: 503 meanwhile, then both programs go on by themselves.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use scopegate_store::testing::{Cluster, Listen};

use crate::harness::{
    Answer, AuthServer, FORM, Place, ResourceApi, Tokens, eventually, is_postgres, say,
};

/// How soon both programs must do their work again.
const HEALED: Duration = Duration::from_secs(5);

/// How soon it must show that the database is away.
const NOTICED: Duration = Duration::from_secs(10);

/// A server of its own, that can be stopped, and both programs on it.
struct Site {
    cluster: Cluster,
    auth: AuthServer,
    resource: ResourceApi,
    _place: Place,
}

impl Site {
    /// Where the stories run on PostgreSQL.
    async fn start(story: &str) -> Option<Self> {
        if !is_postgres() {
            say(&format!("skipped: {story} is about PostgreSQL"));
            return None;
        }
        let cluster =
            Cluster::start(Listen::Tcp).expect("PostgreSQL is here: the others run on it");
        let place = Place::new().with_database(cluster.create_database());
        let auth = AuthServer::with(&place, |settings| {
            settings.set("guess-limits", "off");
        })
        .await;
        let resource = ResourceApi::with(&place, |settings| {
            settings.set("max-staleness", "1s");
        })
        .await;
        Some(Self { cluster, auth, resource, _place: place })
    }

    /// Waits until both do their work, and says how long that took.
    async fn healed(&self, token: &mut String, access: &str) -> (Duration, Duration) {
        let back = Instant::now();
        let auth = eventually("auth-server refreshes", HEALED, async || {
            let answer = self.auth.refresh(token).await;
            assert!([200, 503].contains(&answer.status), "DB08: {answer:?}");
            (answer.status == 200).then(|| *token = Tokens::of(&answer).refresh)?;
            Some(back.elapsed())
        });
        let resource = eventually("resource-api reads the database", HEALED, async || {
            let answer = self.resource.ask("/users/me/items/", access).await;
            assert!([200, 503].contains(&answer.status), "DB08: {answer:?}");
            (answer.status == 200).then(|| back.elapsed())
        });
        let healed = tokio::join!(auth, resource);
        assert_eq!(self.auth.get("/health/ready").await.status, 200);
        assert_eq!(self.resource.get("/health/ready").await.status, 200);
        healed
    }
}

#[tokio::test]
async fn db08_a_database_that_comes_back_is_used_again_within_five_seconds() {
    let Some(site) = Site::start("a database that comes back").await else { return };
    let mut tokens = site.auth.login("me items").await;
    for round in 1..=5 {
        site.cluster.power_cut();
        let (refresh, login, revoke) = tokio::join!(
            site.auth.refresh(&tokens.refresh),
            site.auth.password("johndoe", "secret", "me"),
            revoke(&site.auth, &tokens.access),
        );
        for answer in [refresh, login, revoke] {
            assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()), "DB08");
            assert!(!answer.header("retry-after").is_empty(), "DB08: {answer:?}");
        }
        // What was found before the fall serves those who ask for up to a second.
        eventually("auth-server is not ready", NOTICED, async || {
            (site.auth.get("/health/ready").await.status == 503).then_some(())
        })
        .await;
        eventually("resource-api no longer trusts what it knows", NOTICED, async || {
            let answer = site.resource.ask("/users/me/", &tokens.access).await;
            assert!([200, 503].contains(&answer.status), "DB08: {answer:?}");
            (answer.status == 503).then(|| {
                assert!(!answer.header("retry-after").is_empty(), "DB08: {answer:?}");
            })
        })
        .await;
        site.cluster.power_on();
        let (auth, resource) = site.healed(&mut tokens.refresh, &tokens.access).await;
        say(&format!(
            "round {round}: auth-server after {auth:.1?}, resource-api after {resource:.1?}"
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn db08_no_rotation_that_was_acknowledged_is_lost_when_the_database_falls() {
    let Some(site) = Site::start("a database that falls under load").await else { return };
    let logins = join_all((0..20).map(|_| site.auth.login("me items"))).await;
    let access = logins[0].access.clone();
    let mut tokens: Vec<String> = logins.into_iter().map(|login| login.refresh).collect();
    for _ in 0..3 {
        let fallen = AtomicBool::new(false);
        let load = join_all(tokens.into_iter().map(|token| rotate(&site.auth, token, &fallen)));
        let (families, ()) = tokio::join!(load, async {
            // The load is under way when a rotation beside it is done.
            let beside = site.auth.login("me").await;
            Tokens::of(&site.auth.refresh(&beside.refresh).await);
            tokio::task::block_in_place(|| site.cluster.power_cut());
            fallen.store(true, Ordering::Relaxed);
        });
        tokens = families;
        site.cluster.power_on();
        site.healed(&mut tokens[0], &access).await;
        for token in &mut tokens {
            let answer = site.auth.refresh(token).await;
            assert_eq!(answer.status, 200, "DB08: what was acknowledged is there: {answer:?}");
            *token = Tokens::of(&answer).refresh;
        }
    }
}

/// Rotates one family until the database has fallen; the last token that was acknowledged.
async fn rotate(auth: &AuthServer, mut token: String, fallen: &AtomicBool) -> String {
    while !fallen.load(Ordering::Relaxed) {
        let answer = auth.refresh(&token).await;
        match answer.status {
            200 => token = Tokens::of(&answer).refresh,
            503 => {}
            _ => panic!("DB08: {answer:?}"),
        }
    }
    token
}

async fn revoke(auth: &AuthServer, token: &str) -> Answer {
    let request = auth.http.post(format!("{}/revoke", auth.url)).header("content-type", FORM);
    Answer::to(request.body(format!("client_id=first-party&token={token}"))).await
}
