//! Somebody who uses everything before a fault, during it and after it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Client, RequestBuilder, header, redirect::Policy};

use crate::{
    clients::{browser, spa},
    harness::{Answer, AuthServer, FORM, ResourceApi, Tokens, eventually},
};

/// How soon it must go on once the fault is gone.
const HEALED: Duration = Duration::from_secs(10);

/// Whether what is stored can be read during the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    Work,
    Fail,
}

/// What was there before.
pub(super) struct Witness<'a> {
    auth: &'a AuthServer,
    resource: Option<&'a ResourceApi>,
    browser: Client,
    cookie: String,
    family: Tokens,
    returned: Tokens,
    code: String,
}

/// What was issued during a fault, if anything: the client and its refresh token.
pub(super) type Issued = Vec<(&'static str, String)>;

impl<'a> Witness<'a> {
    pub(super) async fn before(auth: &'a AuthServer, resource: &'a ResourceApi) -> Self {
        Self { resource: Some(resource), ..Self::alone(auth).await }
    }

    /// Without a resource-api.
    pub(super) async fn alone(auth: &'a AuthServer) -> Self {
        let browser = Client::builder().redirect(Policy::none()).build().expect("nothing special");
        let (sent, cookie) =
            browser::signed_in(spa::authorize(auth, "me"), spa::REDIRECT_URI, "allow").await;
        let code = sent.query_pairs().find(|(name, _)| name == "code").expect("a code").1;
        Self {
            auth,
            resource: None,
            browser,
            cookie,
            family: auth.login("me").await,
            returned: auth.login("me").await,
            code: code.into_owned(),
        }
    }

    /// Asks for everything at once. What needs a write is 503, what reads is 503 or true.
    pub(super) async fn meets(&self, row: &str, reads: Reads) -> Issued {
        let (grants, (revoked, pages)) = tokio::join!(self.grants(), self.others());
        for (client, answer) in &grants {
            assert_away(row, client, answer);
        }
        assert_away(row, "revoke", &revoked);
        for (page, answer) in &pages {
            if reads == Reads::Fail || answer.status != 200 {
                assert_is_503(row, page, answer);
            }
        }
        self.others_live(row).await;
        Vec::new()
    }

    /// Asks for grants until none is given any more. Whatever was given has to be there afterwards.
    pub(super) async fn meets_until_full(&self, row: &str) -> Issued {
        let mut issued = Issued::new();
        for _ in 0..500 {
            let answer = self.auth.password("johndoe", "secret", "me").await;
            if answer.status != 200 {
                assert_away(row, "password", &answer);
                self.others_live(row).await;
                return issued;
            }
            issued.push(("first-party", Tokens::of(&answer).refresh));
        }
        panic!("{row}: the disk is not full");
    }

    /// Damage answers 503 or what is true: nobody is told that a password or a token is wrong.
    pub(super) async fn is_not_blamed(&self, row: &str) -> usize {
        let (grants, (revoked, pages)) = tokio::join!(self.grants(), self.others());
        let mut away = 0;
        for (what, answer) in grants.iter().chain([&("revoke", revoked)]).chain(&pages) {
            if answer.status == 503 {
                away += 1;
                assert_is_503(row, what, answer);
            } else {
                assert!([200, 303].contains(&answer.status), "{row} {what}: {answer:?}");
            }
        }
        self.others_live(row).await;
        away
    }

    /// The fault is gone: everything goes on without a restart, and what was issued is there.
    pub(super) async fn goes_on(&self, row: &str, issued: Issued) {
        eventually(row, HEALED, async || {
            let answer = self.auth.refresh(&self.auth_probe().await?).await;
            (answer.status == 200).then_some(())
        })
        .await;
        for (client, token) in issued {
            let form =
                [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", &token)];
            Tokens::of(&self.auth.token(&form).await);
        }
        // Within its grace a spent token gives the same successor, so this holds each time.
        Tokens::of(&self.auth.refresh(&self.family.refresh).await);
        let account = self.page("/account").await;
        assert_eq!(account.status, 200, "{row}: {account:?}");
        assert_eq!(self.auth.get("/health/ready").await.status, 200, "{row}");
    }

    /// What was single is still there once: the code is exchanged, and then no more.
    pub(super) async fn ends(&self) {
        Tokens::of(&self.exchange().await);
        assert_eq!(self.exchange().await.verdict(), (400, "invalid_grant".to_owned()));
    }

    async fn auth_probe(&self) -> Option<String> {
        let answer = self.auth.password("johndoe", "secret", "me").await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then(|| Tokens::of(&answer).refresh)
    }

    async fn grants(&self) -> Vec<(&'static str, Answer)> {
        let asked: [(&'static str, BoxFuture<'_, Answer>); 3] = [
            ("refresh", Box::pin(self.auth.refresh(&self.family.refresh))),
            ("password", Box::pin(self.auth.password("johndoe", "secret", "me"))),
            ("code", Box::pin(self.exchange())),
        ];
        let (names, asked): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        names.into_iter().zip(futures_util::future::join_all(asked).await).collect()
    }

    async fn others(&self) -> (Answer, Vec<(&'static str, Answer)>) {
        let revoke = self.auth.http.post(format!("{}/revoke", self.auth.url));
        let body = format!("client_id=first-party&token={}", self.returned.refresh);
        let revoke = Answer::to(revoke.header("content-type", FORM).body(body));
        let account = self.page("/account");
        let (revoked, account) = tokio::join!(revoke, account);
        (revoked, vec![("the account page", account)])
    }

    async fn exchange(&self) -> Answer {
        self.auth.token(&spa::exchange(&self.code)).await
    }

    async fn page(&self, path: &str) -> Answer {
        Answer::to(self.with_cookie(path)).await
    }

    fn with_cookie(&self, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.auth.url);
        self.browser.get(url).header(header::COOKIE, &self.cookie)
    }

    /// The process lives, and tokens that are out are verified.
    async fn others_live(&self, row: &str) {
        assert_eq!(self.auth.get("/health/live").await.status, 200, "{row}");
        if let Some(resource) = self.resource {
            let answer = resource.ask("/users/me/", &self.family.access).await;
            assert_eq!(answer.status, 200, "{row}: {answer:?}");
        }
    }
}

#[track_caller]
fn assert_away(row: &str, what: &str, answer: &Answer) {
    assert_is_503(row, what, answer);
    assert_eq!(answer.text("error"), "temporarily_unavailable", "{row} {what}");
}

#[track_caller]
fn assert_is_503(row: &str, what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{row} {what}: {answer:?}");
    assert!(!answer.header("retry-after").is_empty(), "{row} {what}: {answer:?}");
}
