//! The rows of group JW that concern one token, each in all four algorithms (RFC 7515, 7519, 8725,
//! 9068).

use serde_json::{Value, json};

use super::*;
use signer::{OTHER_SHARED_KEY, SHARED_KEY, Signer, sign_hmac, signer, signers, strangers};

mod forgeries;
mod published;
mod signer;
mod wycheproof;

const NOW: i64 = 1_800_000_000;

fn expectation() -> Expectation {
    Expectation { issuer: "http://localhost:8000".into(), audience: "http://localhost:8001".into() }
}

fn claims() -> Value {
    json!({
        "iss": "http://localhost:8000", "sub": "johndoe", "aud": "http://localhost:8001",
        "exp": NOW + 1800, "iat": NOW, "jti": "t1", "client_id": "first-party",
        "scope": "me", "grant_id": "g1",
    })
}

/// `value` with one member set.
fn with(mut value: Value, name: &str, member: Value) -> String {
    value[name] = member;
    value.to_string()
}

fn without(mut value: Value, name: &str) -> String {
    value.as_object_mut().unwrap().remove(name);
    value.to_string()
}

fn verify(token: &str, keys: &VerifyingKeys) -> Result<Verified, TokenError> {
    expectation().verify(token, keys, Timestamp::from_seconds(NOW))
}

/// What a verifier that trusts `signer` makes of it.
fn judge(signer: &Signer, token: &str) -> Result<(), TokenError> {
    verify(token, &signer.keys).map(|_| ())
}

#[test]
fn a_good_token_says_what_it_claims() {
    for signer in signers() {
        let token = signer.sign(signer.header().to_string(), claims().to_string());
        let found = verify(&token, &signer.keys).unwrap();
        assert_eq!(found.subject, "johndoe", "{}", signer.algorithm);
        assert_eq!(found.client_id.as_deref(), Some("first-party"));
        assert_eq!(found.scope.to_string(), "me");
        assert_eq!(found.grant_id.as_deref(), Some("g1"));
        assert!(!found.is_client());
    }
}

#[test]
fn a_token_is_a_clients_exactly_when_sub_is_client_id() {
    let signer = signer(Algorithm::Hs256);
    let payload = with(claims(), "sub", json!("first-party"));
    let token = signer.sign(signer.header().to_string(), payload);
    assert!(verify(&token, &signer.keys).unwrap().is_client());
}

#[test]
fn headers_are_read_strictly() {
    for signer in signers() {
        check_headers(signer);
    }
}

fn check_headers(signer: &Signer) {
    let header = || signer.header();
    let (alg, good) = (signer.algorithm.as_str(), signer.kid.as_str());
    let twice = format!(r#"{{"typ":"at+jwt","alg":"{alg}","alg":"{alg}","kid":"{good}"}}"#);
    let nested = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let deep = format!(r#"{{"typ":"at+jwt","alg":"{alg}","x":{nested}}}"#);
    for (name, header, expected) in [
        ("JW13 no typ", without(header(), "typ"), Err(TokenError::Type)),
        ("JW13 JWT", with(header(), "typ", json!("JWT")), Err(TokenError::Type)),
        ("JW13 dpop", with(header(), "typ", json!("dpop+jwt")), Err(TokenError::Type)),
        ("JW13 logout", with(header(), "typ", json!("logout+jwt")), Err(TokenError::Type)),
        ("JW13 long form", with(header(), "typ", json!("Application/AT+JWT")), Ok(())),
        ("JW13 null", with(header(), "typ", Value::Null), Err(TokenError::Header)),
        ("JW02 none", with(header(), "alg", json!("none")), Err(TokenError::UnknownKey)),
        ("JW02 nOnE", with(header(), "alg", json!("nOnE")), Err(TokenError::UnknownKey)),
        ("JW02 None", with(header(), "alg", json!("None")), Err(TokenError::UnknownKey)),
        ("JW02 NONE", with(header(), "alg", json!("NONE")), Err(TokenError::UnknownKey)),
        ("JW02 escaped", escaped_none(signer), Err(TokenError::UnknownKey)),
        ("JW02 empty", with(header(), "alg", json!("")), Err(TokenError::UnknownKey)),
        ("alg in lower case", lower_case(signer), Err(TokenError::UnknownKey)),
        ("alg null", with(header(), "alg", Value::Null), Err(TokenError::Header)),
        ("no alg", without(header(), "alg"), Err(TokenError::Header)),
        ("JW08 path", with(header(), "kid", json!("../../dev/null")), Err(TokenError::UnknownKey)),
        (
            "JW08 SQL",
            with(header(), "kid", json!("' UNION SELECT 'k")),
            Err(TokenError::UnknownKey),
        ),
        (
            "JW08 10 KB",
            with(header(), "kid", json!("k".repeat(10_000))),
            Err(TokenError::UnknownKey),
        ),
        ("JW08 number", with(header(), "kid", json!(1)), Err(TokenError::Header)),
        ("JW08 null", with(header(), "kid", Value::Null), Err(TokenError::Header)),
        ("JW08 array", with(header(), "kid", json!([good])), Err(TokenError::Header)),
        ("JW09 no kid", without(header(), "kid"), Ok(())),
        ("JW08 URL", with(header(), "kid", json!("http://[::1]/k")), Err(TokenError::UnknownKey)),
        ("JW08 pipe", with(header(), "kid", json!("| id")), Err(TokenError::UnknownKey)),
        ("JW08 empty", with(header(), "kid", json!("")), Err(TokenError::UnknownKey)),
        ("JW11 jku", with(header(), "jku", json!("http://127.0.0.1:9/")), Ok(())),
        ("JW11 x5u", with(header(), "x5u", json!("http://127.0.0.1:9/")), Ok(())),
        ("crit", with(header(), "crit", json!(["exp"])), Err(TokenError::Header)),
        ("crit empty", with(header(), "crit", json!([])), Err(TokenError::Header)),
        ("JW23 alg twice", twice, Err(TokenError::Header)),
        ("JW24 deep, skipped without recursion", deep, Ok(())),
        ("JW24 not an object", "[]".to_owned(), Err(TokenError::Header)),
        ("JW24 BOM", format!("\u{feff}{}", header()), Err(TokenError::Header)),
    ] {
        let found = judge(signer, &signer.sign(header, claims().to_string()));
        assert_eq!(found, expected, "{alg}: {name}");
    }
}

fn escaped_none(signer: &Signer) -> String {
    format!(r#"{{"typ":"at+jwt","alg":"\u006eone","kid":"{}"}}"#, signer.kid)
}

fn lower_case(signer: &Signer) -> String {
    with(signer.header(), "alg", json!(signer.algorithm.as_str().to_lowercase()))
}

#[test]
fn claims_are_read_strictly() {
    for signer in signers() {
        check_claims(signer);
    }
}

fn check_claims(signer: &Signer) {
    use TokenError::{Audience, Bound, Claims, Expired, Issuer, NotYet};
    let twice = claims().to_string().replace("\"sub\":", "\"sub\":\"alice\",\"sub\":");
    let huge = claims().to_string().replace(&format!("\"exp\":{}", NOW + 1800), "\"exp\":1e400");
    for (name, payload, expected) in [
        ("JW16 exp beyond the leeway", with(claims(), "exp", json!(NOW - 5)), Err(Expired)),
        ("JW16 exp within the leeway", with(claims(), "exp", json!(NOW - 4)), Ok(())),
        ("JW16 exp ahead", with(claims(), "exp", json!(NOW + 1)), Ok(())),
        ("JW17 exp string", with(claims(), "exp", json!("9999999999")), Err(Claims)),
        ("JW17 exp true", with(claims(), "exp", json!(true)), Err(Claims)),
        ("JW17 exp null", with(claims(), "exp", Value::Null), Err(Claims)),
        ("JW17 exp array", with(claims(), "exp", json!([])), Err(Claims)),
        ("JW17 exp object", with(claims(), "exp", json!({})), Err(Claims)),
        ("JW17 exp negative", with(claims(), "exp", json!(-1)), Err(Claims)),
        ("JW17 exp 1e308", with(claims(), "exp", json!(1e308)), Err(Claims)),
        ("JW17 exp 2^63", with(claims(), "exp", json!(1u64 << 63)), Err(Claims)),
        ("JW17 exp float", with(claims(), "exp", json!(1_800_000_001.5)), Ok(())),
        ("JW24 exp 1e400", huge, Err(Claims)),
        ("no exp", without(claims(), "exp"), Err(Claims)),
        ("JW17 nbf string", with(claims(), "nbf", json!("1")), Err(Claims)),
        ("JW17 nbf null", with(claims(), "nbf", Value::Null), Err(Claims)),
        ("JW17 nbf 1e308", with(claims(), "nbf", json!(1e308)), Err(Claims)),
        ("JW18 nbf ahead", with(claims(), "nbf", json!(NOW + 6)), Err(NotYet)),
        ("JW18 nbf within the leeway", with(claims(), "nbf", json!(NOW + 5)), Ok(())),
        ("JW18 iat far ahead", with(claims(), "iat", json!(NOW + 86_400)), Err(NotYet)),
        ("JW20 no aud", without(claims(), "aud"), Err(Claims)),
        ("JW20 other", with(claims(), "aud", json!("http://other")), Err(Audience)),
        ("JW20 empty", with(claims(), "aud", json!("")), Err(Audience)),
        ("JW20 []", with(claims(), "aud", json!([])), Err(Audience)),
        ("JW20 [1]", with(claims(), "aud", json!([1])), Err(Claims)),
        ("JW20 suffix", with(claims(), "aud", json!("http://localhost:8001/")), Err(Audience)),
        ("JW20 prefix", with(claims(), "aud", json!("http://localhost:800")), Err(Audience)),
        ("JW20 case", with(claims(), "aud", json!("HTTP://localhost:8001")), Err(Audience)),
        ("JW20 array", with(claims(), "aud", json!(["x", "http://localhost:8001"])), Ok(())),
        ("other issuer", with(claims(), "iss", json!("http://localhost:8000/")), Err(Issuer)),
        ("no issuer", without(claims(), "iss"), Err(Claims)),
        ("no sub", without(claims(), "sub"), Err(Claims)),
        ("empty sub", with(claims(), "sub", json!("")), Err(Claims)),
        ("sub number", with(claims(), "sub", json!(7)), Err(Claims)),
        ("JW23 sub twice", twice, Err(Claims)),
        ("no scope", without(claims(), "scope"), Ok(())),
        ("scope array", with(claims(), "scope", json!(["me"])), Err(Claims)),
        ("scope with a quote", with(claims(), "scope", json!("m\"e")), Err(Claims)),
        ("JW33 cnf", with(claims(), "cnf", json!({"jkt": "x"})), Err(Bound)),
        ("JW24 not an object", "[]".to_owned(), Err(Claims)),
        ("JW24 deep", format!("{}{}", "[".repeat(2_000), "]".repeat(2_000)), Err(Claims)),
    ] {
        let short = &payload[..payload.len().min(200)];
        let found = judge(signer, &signer.sign(signer.header().to_string(), &payload));
        assert_eq!(found, expected, "{}: {name}: {short}", signer.algorithm);
    }
}

#[test]
fn payloads_that_are_not_utf_8_are_refused() {
    let ours = claims().to_string();
    let more = ours.replacen('{', r#"{"tenant":"acme","#, 1);
    for (row, claims, text) in [("read", &ours, "johndoe"), ("not read", &more, "acme")] {
        let (at, mut payload) = (claims.find(text).unwrap(), claims.clone().into_bytes());
        payload[at] = 0xff;
        for signer in signers() {
            let found = judge(signer, &signer.sign(signer.header().to_string(), &payload));
            assert_eq!(found, Err(TokenError::Claims), "{row}: {}", signer.algorithm);
        }
    }
}

#[test]
fn the_compact_form_is_read_strictly() {
    for (signer, stranger) in signers().iter().zip(strangers()) {
        check_compact_form(signer, stranger);
    }
}

fn check_compact_form(signer: &Signer, stranger: &Signer) {
    let good = signer.sign(signer.header().to_string(), claims().to_string());
    assert_eq!(judge(signer, &good), Ok(()));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // The last character of 32, 64 or 256 bytes carries 4 bits or 2; its neighbour in the alphabet
    // differs in a stray bit only.
    let stray = char::from_u32(last as u32 + 1).unwrap();
    for (name, token) in [
        ("JW02 no signature", format!("{message}.")),
        ("JW02 no segment", message.to_owned()),
        ("JW25 padding", format!("{good}=")),
        ("JW25 stray bits", format!("{message}.{}{stray}", &signature[..signature.len() - 1])),
        ("JW25 space inside", format!("{head}. {payload}.{signature}")),
        ("JW25 newline", format!("{good}\n")),
        ("JW25 padded payload", format!("{head}.{payload}=.{signature}")),
        ("JW26 tok.", format!("{good}.")),
        ("JW26 tok.x", format!("{good}.x")),
        ("JW26 tok,tok", format!("{good},{good}")),
        ("JW26 quoted", format!("\"{good}\"")),
        ("JW26 encoded dots", good.replace('.', "%2e")),
        ("JW26 JSON", json!({"payload": payload, "signatures": []}).to_string()),
        ("JW27 64 KiB", format!("{message}.{}", "A".repeat(65_536))),
        ("wrong key", stranger.sign(signer.header().to_string(), claims().to_string())),
        ("JW26 signature of another", another_signature(signer, message)),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("not ASCII", "é.é.é".to_owned()),
    ] {
        assert!(judge(signer, &token).is_err(), "{}: {name}", signer.algorithm);
    }
}

/// The signature of other claims under this message.
fn another_signature(signer: &Signer, message: &str) -> String {
    let other = signer.sign(signer.header().to_string(), with(claims(), "sub", json!("alice")));
    format!("{message}.{}", other.rsplit('.').next().unwrap())
}

#[test]
fn a_token_of_eight_kib_passes() {
    let payload = with(claims(), "extra", json!("x".repeat(5_800)));
    for signer in signers() {
        let token = signer.sign(signer.header().to_string(), &payload);
        assert!(token.len() > 8_000, "{}", token.len());
        assert_eq!(judge(signer, &token), Ok(()), "{}", signer.algorithm);
    }
}

#[test]
fn every_key_of_the_file_verifies_and_a_dropped_one_does_not() {
    let signer = signer(Algorithm::Hs256);
    let token = signer.sign(signer.header().to_string(), claims().to_string());
    let nameless = signer.sign(without(signer.header(), "kid"), claims().to_string());
    for (name, file, good) in [
        ("KR03 new and old", format!("{OTHER_SHARED_KEY}\n{SHARED_KEY}\n"), true),
        ("KR03 old dropped", format!("{OTHER_SHARED_KEY}\n"), false),
    ] {
        let keys = VerifyingKeys::hs256(&SharedKeys::parse(file.as_bytes()).unwrap());
        for token in [&token, &nameless] {
            assert_eq!(verify(token, &keys).is_ok(), good, "{name}");
        }
    }
}
