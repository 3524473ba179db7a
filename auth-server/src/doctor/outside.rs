//! What the network sees: the issuer, what stands before it, cookies, the clock.

use chrono::DateTime;
use scopegate_core::verify::LEEWAY;

use super::{Findings, facts::Facts, visit::Answer};
use crate::config::TrustedProxies;

/// A difference of clocks that is worth a word, in milliseconds.
const NOTABLE: i64 = 2000;

/// What was set and means nothing.
pub(super) fn settings(facts: &Facts<'_>, found: &mut Findings) {
    for name in &facts.config.logging.unknown_variables {
        found.advice(format!("the variable {name} is set, but there is no such setting"));
    }
}

/// Whether the issuer answers, and says that it is the issuer.
pub(super) fn issuer(facts: &Facts<'_>, found: &mut Findings) {
    let issuer = facts.config.http.issuer.as_str();
    let answer = match &facts.metadata {
        Ok(answer) => answer,
        Err(reason) => {
            return found.problem(format!(
                "{issuer} does not answer ({reason}); start the server with `auth-server serve`, \
                 or look at the name, the proxy and the certificate"
            ));
        }
    };
    if let Some(reason) = refused(answer) {
        return found.problem(format!(
            "{issuer}/.well-known/oauth-authorization-server {reason}; the proxy must pass every \
             path on to {}",
            facts.config.http.listen
        ));
    }
    let said: Option<serde_json::Value> = serde_json::from_str(&answer.body).ok();
    match said.as_ref().and_then(|said| said["issuer"].as_str()) {
        Some(said) if said == issuer => {}
        Some(said) => found.problem(format!(
            "the server at {issuer} calls itself {said}; give the same `issuer` to this command, \
             to the server and to the resource servers, character by character"
        )),
        None => found.problem(format!("what answers at {issuer} is no auth-server")),
    }
}

/// Why an answer is none; `None` where it is one.
fn refused(answer: &Answer) -> Option<String> {
    match (answer.status, &answer.location) {
        (200, _) => None,
        (300..=399, Some(to)) => Some(format!("is redirected to {to}")),
        (status, _) => Some(format!("answers {status}")),
    }
}

/// Whether something stands before the server that it does not know of.
pub(super) fn proxy(facts: &Facts<'_>, found: &mut Findings) {
    let http = &facts.config.http;
    if http.issuer.is_https() && !http.listen.ip().is_loopback() {
        found.advice(format!(
            "the server speaks plain http on {}, which more than this machine can reach; the proxy \
             that speaks https should be the only one who can: let it listen on a loopback address, \
             or shut the port to others",
            http.listen
        ));
    }
    let limits = &facts.config.limits;
    if http.issuer.is_https() && limits.trusted_proxies == TrustedProxies::default() {
        found.problem(
            "the issuer is https and the server speaks http, so a proxy stands before it, and \
             trusted-proxies names none: all users seem to come from the proxy's address, and the \
             wrong passwords of one make all of them wait; set trusted-proxies to the proxy's address",
        );
    }
    if !limits.guesses && !http.issuer.is_loopback() {
        found.problem("guess-limits is off: whoever guesses passwords is not held up; turn it on");
    }
    if !http.issuer.is_loopback() && !http.issuer.is_https() {
        found.problem(
            "the issuer is plain http and not on this machine: passwords and tokens can be read on \
             the way; put a proxy with https before it and change `issuer`",
        );
    }
}

/// Whether the cookie of the login page comes through as browsers want it.
pub(super) fn cookies(facts: &Facts<'_>, found: &mut Findings) {
    let Ok(answer) = &facts.login else { return };
    if let Some(reason) = refused(answer) {
        return found.problem(format!("the login page {reason}: nobody can sign in"));
    }
    let cookie = answer.cookies.iter().find(|cookie| cookie.contains("scopegate="));
    let Some(cookie) = cookie else {
        return found.problem(
            "the login page sets no cookie, so that every login fails; the proxy must pass on the \
             header Set-Cookie",
        );
    };
    let has = |word: &str| cookie.split(';').any(|part| part.trim().eq_ignore_ascii_case(word));
    let https = facts.config.http.issuer.is_https();
    if https && !(cookie.starts_with("__Host-") && has("Secure") && has("Path=/")) {
        found.problem(
            "the login page's cookie is not a __Host- cookie with Secure and Path=/, as it is under \
             an https issuer: the running server has another `issuer`, or the proxy rewrites cookies",
        );
    }
    if !https && has("Secure") {
        found.problem(
            "the login page's cookie is for https alone and the issuer is http: the running server \
             has another `issuer`, or the proxy rewrites cookies",
        );
    }
    if !has("HttpOnly") {
        found.problem("the login page's cookie has lost HttpOnly on the way: look at the proxy");
    }
}

/// Whether this machine and the one that answers agree on the time.
pub(super) fn clock(facts: &Facts<'_>, found: &mut Findings) {
    let Ok(answer) = &facts.metadata else { return };
    let date = answer.date.as_deref().and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(date) = date else { return };
    // The header tells whole seconds.
    let apart = (facts.now.millis() - date.timestamp_millis() - 500).abs();
    let leeway = i64::try_from(LEEWAY.as_millis()).unwrap_or(i64::MAX);
    let text = format!(
        "this machine's clock and that of {} are {} s apart; tokens are refused beyond {} s: let both \
         follow a time server",
        facts.config.http.issuer.as_str(),
        apart / 1000,
        LEEWAY.as_secs()
    );
    if apart > leeway {
        found.problem(text);
    } else if apart > NOTABLE {
        found.advice(text);
    }
}
