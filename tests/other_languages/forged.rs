//! Tokens that look like ours, each with what is wrong about it.

use serde_json::json;

use crate::harness::{Forge, Signer, compact_hs256, now};

/// What is wrong with a token, and the token.
type Row = (&'static str, String);

/// Tokens that no service may take, whatever its keys.
pub(super) fn others(good: &Forge) -> Vec<Row> {
    let mut rows = headers(good);
    rows.extend(signatures(good));
    rows.extend(claims(good));
    rows.extend(algorithms(good));
    rows
}

/// Tokens for a service that has a public key: signed with what everybody knows, or naming a key
/// that nobody has published.
pub(super) fn by_what_everybody_knows(good: &Forge) -> Vec<Row> {
    let ours = good.header_json();
    let hs256 = good.clone().header("alg", "HS256").header_json();
    let unnamed = good.clone().header("alg", "HS256").header("kid", json!(null)).header_json();
    let mut rows = Vec::new();
    for (row, secret) in good.signer().confusions() {
        for header in [&ours, &hs256, &unnamed] {
            let claims = good.claims_json();
            rows.push((row, compact_hs256(header.as_bytes(), claims.as_bytes(), &secret)));
        }
    }
    assert!(!rows.is_empty(), "JW03: a public key can be confused");
    for kid in ["../../../dev/null", "' UNION SELECT 'k", "http://127.0.0.1/", "__proto__", ""] {
        rows.push(("JW08 a name of no key", good.clone().header("kid", kid).token()));
    }
    rows
}

fn headers(good: &Forge) -> Vec<Row> {
    let header = |name: &str, value| good.clone().header(name, value).token();
    vec![
        ("JW13 no type", header("typ", json!(null))),
        ("JW13 another type", header("typ", json!("JWT"))),
        ("JW13 a type that is no text", header("typ", json!(7))),
        ("JW08 a name that is no text", header("kid", json!(7))),
        ("JW08 a list of names", header("kid", json!(["a"]))),
        ("RFC 7515 §4.1.11 crit", header("crit", json!(["b64"]))),
    ]
}

fn signatures(good: &Forge) -> Vec<Row> {
    let token = good.token();
    let parts: Vec<&str> = token.split('.').collect();
    let alices = good.clone().claim("sub", "alice").token();
    let other_claims = alices.split('.').nth(1).expect("three parts");
    let signer = good.signer();
    let stranger = good.clone().signed_by(Signer::stranger(signer.algorithm));
    vec![
        ("RFC 7515 §5.2 another key", stranger.token()),
        ("RFC 7515 §5.2 another key by our name", stranger.header("kid", &*signer.kid).token()),
        ("RFC 7515 §5.2 other claims", [parts[0], other_claims, parts[2]].join(".")),
        ("JW02 no signature", [parts[0], parts[1], ""].join(".")),
        ("JW02 two parts", [parts[0], parts[1]].join(".")),
        ("nonsense", "nonsense".to_owned()),
        ("nonsense in three parts", "a.b.c".to_owned()),
        ("nothing in three parts", "..".to_owned()),
    ]
}

fn claims(good: &Forge) -> Vec<Row> {
    let claim = |name: &str, value| good.clone().claim(name, value).token();
    vec![
        ("RFC 7519 §4.1.1 another issuer", claim("iss", json!("http://localhost:9000"))),
        ("RFC 7519 §4.1.1 no issuer", claim("iss", json!(null))),
        ("RFC 7519 §4.1.3 another audience", claim("aud", json!("http://localhost:9000"))),
        ("RFC 7519 §4.1.3 no audience", claim("aud", json!(null))),
        ("JW16 expired", claim("exp", json!(now() - 60))),
        ("JW17 an end that is no number", claim("exp", json!("soon"))),
        ("RFC 7519 §4.1.4 no end", claim("exp", json!(null))),
        ("RFC 9068 §2.2 no subject", claim("sub", json!(null))),
        ("RFC 9068 §2.2 no client", claim("client_id", json!(null))),
    ]
}

fn algorithms(good: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for alg in ["none", "None", "NONE", "HS256", "HS512", "RS256", "ES256", "EdDSA", "x"] {
        if alg != good.signer().algorithm.as_str() {
            let token = good.clone().header("alg", alg).token();
            let unsigned = token.rsplit_once('.').expect("three parts").0;
            rows.push(("JW02 another algorithm, unsigned", format!("{unsigned}.")));
            rows.push(("RFC 8725 §3.1 another algorithm", token));
        }
    }
    rows
}
