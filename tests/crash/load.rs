//! The load: clients that rotate, exchange and revoke until their server is gone, and remember what
//! they were told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url, header, redirect::Policy};
use tokio::{sync::Notify, task::JoinHandle};

use super::{APP, REDIRECT_URI, VERIFIER};
use crate::harness::{Answer, AuthServer, Tokens};

/// The client that asks about tokens.
pub(super) const CHECKER: &str = "checker";
pub(super) const CHECKER_SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

/// Clients of each other kind, side by side.
const EXCHANGERS: usize = 4;
const REVOKERS: usize = 2;

/// How long a round's answers may take, on a machine that runs everything at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// The way to a server that may be gone.
#[derive(Clone)]
pub(super) struct Way {
    http: Client,
    url: String,
}

/// A family of refresh tokens, as its client knows it.
pub(super) struct Chain {
    /// Every refresh token that was acknowledged, the last one last.
    pub(super) acknowledged: Vec<String>,
    /// The last access token.
    pub(super) access: String,
    /// How many were acknowledged in this round.
    pub(super) rotations: usize,
    /// A rotation of the last one was under way.
    pub(super) in_flight: bool,
}

/// How far a single use came.
pub(super) enum Stage<T> {
    /// Nothing was done yet.
    Unused,
    /// It was sent, and no answer came.
    Sent,
    /// It was answered with this.
    Answered(T),
}

/// A code that was acknowledged.
pub(super) struct Code {
    pub(super) code: String,
    pub(super) stage: Stage<Tokens>,
}

/// A login whose tokens are given back: the family, or the access token alone.
pub(super) struct Return {
    pub(super) tokens: Tokens,
    pub(super) family: bool,
    pub(super) stage: Stage<()>,
}

/// What the clients remember of a round.
pub(super) struct Work {
    pub(super) chains: Vec<Chain>,
    pub(super) codes: Vec<Code>,
    pub(super) returns: Vec<Return>,
}

/// The clients at work.
pub(super) struct Load {
    way: Way,
    authorize: Url,
    cookie: String,
    answered: Arc<Answered>,
    chains: Vec<JoinHandle<Chain>>,
    codes: Vec<JoinHandle<Vec<Code>>>,
    returns: Vec<JoinHandle<Vec<Return>>>,
}

/// How many answers have come.
#[derive(Default)]
struct Answered {
    count: AtomicU64,
    more: Notify,
}

impl Way {
    pub(super) fn to(auth: &AuthServer) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("nothing special");
        Self { http, url: auth.url.clone() }
    }

    /// A form, and its answer if that came whole.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Option<Answer> {
        Answer::try_to(self.http.post(format!("{}{path}", self.url)).form(form)).await.ok()
    }

    pub(super) async fn refresh(&self, client: &str, token: &str) -> Option<Answer> {
        let form =
            [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
        self.post("/token", &form).await
    }

    pub(super) async fn exchange(&self, code: &str) -> Option<Answer> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", APP),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.post("/token", &form).await
    }

    /// A code for one who is signed in and allowed the app before.
    async fn code(&self, authorize: Url, cookie: &str) -> Option<String> {
        let mut here = authorize;
        while here.as_str().starts_with(&self.url) {
            let ask = self.http.get(here.clone()).header(header::COOKIE, cookie);
            let answer = Answer::try_to(ask).await.ok()?;
            assert_eq!(answer.status, 303, "{answer:?}");
            here = here.join(answer.header("location")).expect("a URL");
        }
        let code = here.query_pairs().find(|(name, _)| name == "code");
        Some(code.unwrap_or_else(|| panic!("no code: {here}")).1.into_owned())
    }

    pub(super) async fn login(&self) -> Option<Tokens> {
        let form = [
            ("grant_type", "password"),
            ("username", "johndoe"),
            ("password", "secret"),
            ("scope", "me"),
        ];
        self.post("/token", &form).await.as_ref().map(Tokens::of)
    }

    pub(super) async fn revoke(&self, token: &str) -> Option<Answer> {
        self.post("/revoke", &[("client_id", "first-party"), ("token", token)]).await
    }
}

/// A new family.
pub(super) async fn chain(way: &Way) -> Chain {
    let tokens = way.login().await.expect("the server runs");
    Chain {
        acknowledged: vec![tokens.refresh],
        access: tokens.access,
        rotations: 0,
        in_flight: false,
    }
}

impl Chain {
    pub(super) fn last(&self) -> &str {
        self.acknowledged.last().expect("it begins with one")
    }

    /// Keeps what a rotation gave.
    pub(super) fn keep(&mut self, answer: &Answer) {
        let tokens = Tokens::of(answer);
        self.acknowledged.push(tokens.refresh);
        self.access = tokens.access;
    }
}

impl Load {
    pub(super) fn start(way: &Way, authorize: Url, cookie: &str) -> Self {
        Self {
            way: way.clone(),
            authorize,
            cookie: cookie.to_owned(),
            answered: Arc::default(),
            chains: Vec::new(),
            codes: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// Sets all clients to work.
    pub(super) fn begin(&mut self, chains: Vec<Chain>) {
        for chain in chains {
            let (way, answered) = (self.way.clone(), Arc::clone(&self.answered));
            self.chains.push(tokio::spawn(rotate(way, chain, answered)));
        }
        for _ in 0..EXCHANGERS {
            let (way, answered) = (self.way.clone(), Arc::clone(&self.answered));
            let exchanger = exchange(way, self.authorize.clone(), self.cookie.clone(), answered);
            self.codes.push(tokio::spawn(exchanger));
        }
        for _ in 0..REVOKERS {
            let (way, answered) = (self.way.clone(), Arc::clone(&self.answered));
            self.returns.push(tokio::spawn(give_back(way, answered)));
        }
    }

    /// Waits until so many answers have come. If they never do, clients ended because they found
    /// something wrong, and the end of the round tells.
    pub(super) async fn answers(&self, count: u64) {
        let enough = async {
            while self.answered.count.load(Ordering::SeqCst) < count {
                self.answered.more.notified().await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, enough).await;
    }

    /// Waits for the clients, whose server is gone.
    pub(super) async fn end(self) -> Work {
        let mut work = Work { chains: Vec::new(), codes: Vec::new(), returns: Vec::new() };
        for chain in self.chains {
            work.chains.push(chain.await.expect("DB06: a rotation was refused under load"));
        }
        for codes in self.codes {
            work.codes.extend(codes.await.expect("DB06: a code was refused under load"));
        }
        for returns in self.returns {
            work.returns.extend(returns.await.expect("DB06: a login was refused under load"));
        }
        work
    }
}

impl Answered {
    fn one(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }
}

async fn rotate(way: Way, mut chain: Chain, answered: Arc<Answered>) -> Chain {
    chain.rotations = 0;
    chain.in_flight = true;
    while let Some(answer) = way.refresh("first-party", chain.last()).await {
        chain.keep(&answer);
        chain.rotations += 1;
        answered.one();
    }
    chain
}

async fn exchange(way: Way, authorize: Url, cookie: String, answered: Arc<Answered>) -> Vec<Code> {
    let mut codes = Vec::new();
    loop {
        let Some(code) = way.code(authorize.clone(), &cookie).await else { return codes };
        answered.one();
        codes.push(Code { code, stage: Stage::Unused });
        // The newest one waits for the next, so that a kill always finds one that was not used.
        let Some(before) = codes.len().checked_sub(2) else { continue };
        let code = &mut codes[before];
        code.stage = Stage::Sent;
        let Some(answer) = way.exchange(&code.code).await else { return codes };
        code.stage = Stage::Answered(Tokens::of(&answer));
        answered.one();
    }
}

async fn give_back(way: Way, answered: Arc<Answered>) -> Vec<Return> {
    let mut returns = Vec::new();
    for turn in 0_u64.. {
        let Some(tokens) = way.login().await else { break };
        answered.one();
        returns.push(Return { tokens, family: turn % 2 == 0, stage: Stage::Sent });
        let last = returns.last_mut().expect("it was just put there");
        let token = if last.family { &last.tokens.refresh } else { &last.tokens.access };
        let Some(answer) = way.revoke(token).await else { break };
        assert_eq!(answer.status, 200, "{answer:?}");
        last.stage = Stage::Answered(());
        answered.one();
    }
    returns
}

impl Work {
    pub(super) fn rotations(&self) -> usize {
        self.chains.iter().map(|chain| chain.rotations).sum()
    }

    pub(super) fn exchanges(&self) -> usize {
        self.codes.iter().filter(|code| matches!(code.stage, Stage::Answered(_))).count()
    }

    pub(super) fn revocations(&self) -> usize {
        self.returns.iter().filter(|given| matches!(given.stage, Stage::Answered(()))).count()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.chains.iter().filter(|chain| chain.in_flight).count()
            + self.codes.iter().filter(|code| matches!(code.stage, Stage::Sent)).count()
            + self.returns.iter().filter(|given| matches!(given.stage, Stage::Sent)).count()
    }
}
