//! After the restart: each thing that was acknowledged is asked about, and nothing single is given
//! twice.

use futures_util::future::join_all;

use super::{
    APP, Dice,
    load::{CHECKER, CHECKER_SECRET, Chain, Code, Return, Stage, Way, Work},
};
use crate::harness::{Answer, REACH, ResourceApi, Tokens, eventually};

/// How many families of a round a spent token is tried at. They end by that.
const SACRIFICED: usize = 2;

/// What must not be.
#[derive(Debug)]
pub(super) enum Finding {
    /// It was acknowledged, and is not there.
    Lost(String),
    /// It can be used once, and was used twice.
    Doubled(String),
}

type Findings = Vec<Finding>;

/// Asks about everything; the families that live on.
pub(super) async fn check(
    way: &Way,
    resource: &ResourceApi,
    work: Work,
    dice: &mut Dice,
) -> (Vec<Chain>, Findings) {
    let Work { mut chains, codes, returns } = work;
    let mut all: Findings = Vec::new();
    let (of_chains, of_codes, of_returns) = tokio::join!(
        join_all(chains.iter_mut().map(|chain| goes_on(way, chain))),
        join_all(codes.iter().map(|code| is_used_once(way, code))),
        join_all(returns.iter().map(|given| is_given_back(way, resource, given))),
    );
    for found in of_chains.into_iter().chain(of_codes).chain(of_returns) {
        all.extend(found);
    }
    if !all.is_empty() {
        return (chains, all);
    }
    let mut tried = Vec::new();
    while tried.len() < SACRIFICED {
        let at = usize::try_from(dice.below(chains.len() as u64)).expect("there are few");
        tried.push((chains.swap_remove(at), dice.below(u64::MAX)));
    }
    let ended = tried.iter().map(|(chain, turn)| ends_by_reuse(way, resource, chain, *turn));
    all.extend(join_all(ended).await.into_iter().flatten());
    (chains, all)
}

/// The last token works, a retry gives the same successor, and that works too.
async fn goes_on(way: &Way, chain: &mut Chain) -> Findings {
    let mut found = Findings::new();
    chain.in_flight = false;
    if !is_active(way, &chain.access).await {
        found.push(Finding::Lost("the access token of an answered rotation".to_owned()));
    }
    let first = ask(way, "first-party", chain.last()).await;
    if first.status != 200 {
        found.push(Finding::Lost(format!("the last token of a family: {first:?}")));
        return found;
    }
    let again = ask(way, "first-party", chain.last()).await;
    if again.status == 200 && again.text("refresh_token") != first.text("refresh_token") {
        found.push(Finding::Doubled("one token has two successors".to_owned()));
    } else if again.status != 200 {
        found.push(Finding::Lost(format!("a retry: {again:?}")));
        return found;
    }
    chain.keep(&first);
    let next = ask(way, "first-party", chain.last()).await;
    if next.status == 200 {
        chain.keep(&next);
    } else {
        found.push(Finding::Lost(format!("the successor: {next:?}")));
    }
    found
}

/// Any token before the last pair is refused and ends the family, at both programs.
async fn ends_by_reuse(way: &Way, resource: &ResourceApi, chain: &Chain, turn: u64) -> Findings {
    let mut found = Findings::new();
    let older = chain.acknowledged.len() - 2;
    let newest = &chain.acknowledged[chain.acknowledged.len() - 1];
    let at = usize::try_from(turn % older as u64).expect("it is below a length");
    for (token, what) in [(&chain.acknowledged[at], "a spent token"), (newest, "its family")] {
        let answer = ask(way, "first-party", token).await;
        if answer.status == 200 {
            found.push(Finding::Doubled(format!("{what}, {at} of {older}: {answer:?}")));
        }
    }
    if found.is_empty() {
        is_shut_out(way, resource, &chain.access).await;
    }
    found
}

/// A code gives tokens once, and no more after that; those of an answer are there.
async fn is_used_once(way: &Way, code: &Code) -> Findings {
    let mut found = Findings::new();
    if let Stage::Answered(tokens) = &code.stage {
        found.extend(is_granted(way, tokens).await);
    }
    let answers = [exchange(way, &code.code).await, exchange(way, &code.code).await];
    let given = answers.iter().filter(|answer| answer.status == 200).count();
    match &code.stage {
        Stage::Unused if answers[0].status != 200 => {
            found.push(Finding::Lost(format!("an unused code: {answers:?}")));
        }
        Stage::Unused | Stage::Sent if given > 1 => {
            found.push(Finding::Doubled(format!("a code after the restart: {answers:?}")));
        }
        Stage::Answered(_) if given > 0 => {
            found.push(Finding::Doubled(format!("an answered code: {answers:?}")));
        }
        _ => {}
    }
    found
}

async fn is_granted(way: &Way, tokens: &Tokens) -> Findings {
    let mut found = Findings::new();
    if !is_active(way, &tokens.access).await {
        found.push(Finding::Lost("the access token of an answered exchange".to_owned()));
    }
    let refreshed = ask(way, APP, &tokens.refresh).await;
    if refreshed.status != 200 {
        found.push(Finding::Lost(format!("the grant of an answered exchange: {refreshed:?}")));
    }
    found
}

/// What was answered holds at both programs.
async fn is_given_back(way: &Way, resource: &ResourceApi, given: &Return) -> Findings {
    let mut found = Findings::new();
    let Stage::Answered(()) = given.stage else { return found };
    if is_active(way, &given.tokens.access).await {
        found.push(Finding::Lost("an answered revocation".to_owned()));
        return found;
    }
    let refreshed = ask(way, "first-party", &given.tokens.refresh).await;
    if given.family == (refreshed.status == 200) {
        found.push(Finding::Lost(format!("a revoked family, {}: {refreshed:?}", given.family)));
    }
    is_shut_out(way, resource, &given.tokens.access).await;
    found
}

/// Refused at introspection, and at resource-api as soon as it must.
async fn is_shut_out(way: &Way, resource: &ResourceApi, access: &str) {
    assert!(!is_active(way, access).await, "DB06: its family has ended");
    eventually("DB06: resource-api refuses a token that was taken back", REACH, async || {
        (resource.ask("/status/", access).await.status == 401).then_some(())
    })
    .await;
}

async fn is_active(way: &Way, token: &str) -> bool {
    let form = [("client_id", CHECKER), ("client_secret", CHECKER_SECRET), ("token", token)];
    let answer = way.post("/introspect", &form).await.expect("the server runs");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["active"] == true
}

async fn ask(way: &Way, client: &str, token: &str) -> Answer {
    let answer = way.refresh(client, token).await.expect("the server runs");
    assert!([200, 400].contains(&answer.status), "{answer:?}");
    answer
}

async fn exchange(way: &Way, code: &str) -> Answer {
    let answer = way.exchange(code).await.expect("the server runs");
    assert!([200, 400].contains(&answer.status), "{answer:?}");
    answer
}
