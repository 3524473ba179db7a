//! Forged and broken access tokens (RFC 7515, 7519, 8725, 9068): what resource-api takes for one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use scopegate_core::algorithm::Algorithm;

use crate::harness::{
    AUDIENCE, AuthServer, Forge, Place, ResourceApi, Signer, Stack, compact_hs256, eventually, now,
    raw,
};

/// The story with each algorithm, as a test of its own.
macro_rules! in_every_algorithm {
    ($story:ident) => {
        mod $story {
            use super::{Algorithm, Stack};

            #[tokio::test]
            async fn under_hs256() {
                super::$story(Stack::signing(Algorithm::Hs256).await).await;
            }

            #[tokio::test]
            async fn under_eddsa() {
                super::$story(Stack::signing(Algorithm::EdDsa).await).await;
            }

            #[tokio::test]
            async fn under_es256() {
                super::$story(Stack::signing(Algorithm::Es256).await).await;
            }

            #[tokio::test]
            async fn under_rs256() {
                super::$story(Stack::signing(Algorithm::Rs256).await).await;
            }
        }
    };
}

/// What a row changes about a good token.
type Change<'a> = (&'a str, Forge, u16);

in_every_algorithm!(claims_are_taken_as_the_profile_says);

async fn claims_are_taken_as_the_profile_says(stack: Stack) {
    let good = Forge::at(&stack.place);
    let claim = |name: &str, value: serde_json::Value| good.clone().claim(name, value);
    let ours = AUDIENCE;
    let rows: Vec<Change<'_>> = vec![
        ("good", good.clone(), 200),
        ("no iss", claim("iss", json!(null)), 401),
        ("another iss", claim("iss", json!("http://localhost:8002")), 401),
        ("iss with a slash", claim("iss", json!("http://localhost:8000/")), 401),
        ("the other spelling of loopback", claim("iss", json!("http://127.0.0.1:8000")), 401),
        ("no sub", claim("sub", json!(null)), 401),
        ("empty sub", claim("sub", json!("")), 401),
        ("sub a number", claim("sub", json!(7)), 401),
        ("no exp", claim("exp", json!(null)), 401),
        ("JW16 expired beyond the leeway", claim("exp", json!(now() - 10)), 401),
        ("JW16 expired within the leeway", claim("exp", json!(now() - 1)), 200),
        ("JW16 about to expire", claim("exp", json!(now() + 1)), 200),
        ("JW17 exp as text", claim("exp", json!("9999999999")), 401),
        ("JW17 exp true", claim("exp", json!(true)), 401),
        ("JW17 exp a list", claim("exp", json!([])), 401),
        ("JW17 exp an object", claim("exp", json!({})), 401),
        ("JW17 exp -1", claim("exp", json!(-1)), 401),
        ("JW17 exp 1e308", claim("exp", json!(1e308)), 401),
        ("JW17 exp 2^63", claim("exp", json!(9_223_372_036_854_775_808_u64)), 401),
        ("JW17 exp with a fraction", claim("exp", json!(4_000_000_000.5)), 200),
        ("JW17 nbf as text", claim("nbf", json!("1")), 401),
        ("JW18 nbf ahead", claim("nbf", json!(now() + 60)), 401),
        ("JW18 iat ahead", claim("iat", json!(now() + 3600)), 401),
        ("JW20 no aud", claim("aud", json!(null)), 401),
        ("JW20 another aud", claim("aud", json!("http://localhost:8002")), 401),
        ("JW20 an empty aud", claim("aud", json!("")), 401),
        ("JW20 an empty list", claim("aud", json!([])), 401),
        ("JW20 a list of numbers", claim("aud", json!([1])), 401),
        ("JW20 a prefix of ours", claim("aud", json!("http://localhost:800")), 401),
        ("JW20 ours and more", claim("aud", json!("http://localhost:80010")), 401),
        ("JW20 another case", claim("aud", json!("http://LOCALHOST:8001")), 401),
        ("JW20 a list that holds ours", claim("aud", json!(["http://a.example", ours])), 200),
        ("JW33 bound to a key", claim("cnf", json!({"jkt": "x"})), 401),
        ("scope a list", claim("scope", json!(["me"])), 401),
    ];
    ask_all(&stack.resource, rows).await;
}

in_every_algorithm!(headers_are_taken_as_the_profile_says);

async fn headers_are_taken_as_the_profile_says(stack: Stack) {
    let good = Forge::at(&stack.place);
    let header = |name: &str, value: serde_json::Value| good.clone().header(name, value);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("a socket can be told so");
    let url = format!("http://{}/jwks.json", listener.local_addr().expect("it is bound"));
    let mut rows: Vec<Change<'_>> = vec![
        ("JW13 no typ", header("typ", json!(null)), 401),
        ("JW13 typ JWT", header("typ", json!("JWT")), 401),
        ("JW13 typ dpop+jwt", header("typ", json!("dpop+jwt")), 401),
        ("JW13 typ logout+jwt", header("typ", json!("logout+jwt")), 401),
        (
            "JW13 typ client-authentication+jwt",
            header("typ", json!("client-authentication+jwt")),
            401,
        ),
        ("JW13 typ AT+JWT", header("typ", json!("AT+JWT")), 200),
        ("JW13 typ application/at+jwt", header("typ", json!("application/at+jwt")), 200),
        ("JW09 no kid", header("kid", json!(null)), 200),
        ("JW09 an unknown kid", header("kid", json!("AAAAAAAAAAA")), 401),
        ("JW08 a path", header("kid", json!("../../../../dev/null")), 401),
        ("JW08 SQL", header("kid", json!("' UNION SELECT 'k")), 401),
        ("JW08 a command", header("kid", json!("| id")), 401),
        ("JW08 a URL", header("kid", json!(url)), 401),
        ("JW08 10 KB", header("kid", json!("k".repeat(10_000))), 401),
        ("JW08 a number", header("kid", json!(1)), 401),
        ("JW08 a list", header("kid", json!([])), 401),
        ("JW11 jku is not fetched", header("jku", json!(url)), 200),
        ("JW11 x5u is not fetched", header("x5u", json!(url)), 200),
        ("a key in the header", header("jwk", json!({"kty": "oct", "k": "AAAA"})), 200),
        ("RFC 7515 §4.1.11 crit", header("crit", json!(["exp"])), 401),
        ("RFC 7797 b64", header("b64", json!(false)).header("crit", json!(["b64"])), 401),
        ("another key under our kid", other_key(&good), 401),
        ("another key under its own kid", good.clone().signed_by(stranger(&good)), 401),
    ];
    let ours = good.signer().algorithm.as_str();
    for alg in ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256", ""] {
        if alg != ours {
            rows.push(("another alg", header("alg", json!(alg)), 401));
        }
    }
    ask_all(&stack.resource, rows).await;
    assert!(listener.accept().is_err(), "JW11: nobody came to fetch a key");
}

in_every_algorithm!(an_unsigned_token_is_refused_in_every_spelling);

async fn an_unsigned_token_is_refused_in_every_spelling(stack: Stack) {
    let good = Forge::at(&stack.place);
    let claims = URL_SAFE_NO_PAD.encode(good.claims_json());
    let signature = good.token().rsplit('.').next().expect("three parts").to_owned();
    for alg in ["none", "None", "NONE", "nOnE", "\\u006eone"] {
        let header = URL_SAFE_NO_PAD.encode(format!("{{\"typ\":\"at+jwt\",\"alg\":\"{alg}\"}}"));
        for (row, token) in [
            ("an empty signature", format!("{header}.{claims}.")),
            ("our signature", format!("{header}.{claims}.{signature}")),
            ("no third part", format!("{header}.{claims}")),
        ] {
            let status = stack.resource.ask("/status/", &token).await.status;
            assert_eq!(status, 401, "JW02 {alg}, {row}");
        }
    }
}

in_every_algorithm!(what_is_not_strictly_a_token_is_refused);

async fn what_is_not_strictly_a_token_is_refused(stack: Stack) {
    let good = Forge::at(&stack.place);
    let (header, claims, key) = (good.header_json(), good.claims_json(), good.signer());
    let token = good.token();
    let parts: Vec<&str> = token.split('.').collect();
    let raw_claims = |json: &str| key.compact(header.as_bytes(), json.as_bytes());
    let twice = |member: &str| format!("{{{member},{}", &claims[1..]);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(3000), "]".repeat(3000));
    for (row, token, expected) in [
        ("JW23 sub twice", raw_claims(&twice("\"sub\":\"alice\"")), 401),
        ("JW23 exp twice", raw_claims(&twice("\"exp\":1")), 401),
        ("JW23 scope twice", raw_claims(&twice("\"scope\":\"admin\"")), 401),
        (
            "JW23 alg twice",
            key.compact(
                format!("{{\"alg\":\"none\",{}", &header[1..]).as_bytes(),
                claims.as_bytes(),
            ),
            401,
        ),
        ("JW24 a list", raw_claims("[]"), 401),
        ("JW24 a text", raw_claims("\"x\""), 401),
        ("JW24 nothing", raw_claims(""), 401),
        ("JW24 no UTF-8", key.compact(header.as_bytes(), b"\xff\xfe"), 401),
        ("JW24 a BOM", raw_claims(&format!("\u{feff}{claims}")), 401),
        ("JW24 a NUL behind", raw_claims(&format!("{claims}\0")), 401),
        ("JW24 deep nesting", raw_claims(&deep), 401),
        ("JW24 1e400", raw_claims(&claims.replacen("\"exp\":", "\"exp\":1e400,\"x\":", 1)), 401),
        ("JW25 padding", format!("{}=.{}.{}", parts[0], parts[1], parts[2]), 400),
        ("JW25 padding of the signature", format!("{token}="), 401),
        ("JW26 a dot behind", format!("{token}."), 401),
        ("JW26 a fourth part", format!("{token}.x"), 401),
        ("JW26 encoded dots", token.replace('.', "%2e"), 400),
        ("JW26 quoted", format!("\"{token}\""), 400),
        ("JW26 JSON serialization", format!("{{\"payload\":\"{}\"}}", parts[1]), 400),
        ("JW25 a space inside", format!("{}. {}.{}", parts[0], parts[1], parts[2]), 400),
        ("a signature cut short", token[..token.len() - 1].to_owned(), 401),
        ("a signature without its end", format!("{}.{}.", parts[0], parts[1]), 401),
        ("JW25 other trailing bits", stray_bits(&token), 401),
        ("only dots", "..".to_owned(), 401),
    ] {
        let answer = stack.resource.ask("/status/", &token).await;
        assert_eq!(answer.status, expected, "{row}: {answer:?}");
        assert!(!answer.header("www-authenticate").contains(&parts[1][..20]), "BR09 {row}");
    }
}

#[tokio::test]
async fn a_large_token_is_read_to_a_bound() {
    let stack = Stack::start().await;
    let good = Forge::at(&stack.place);
    for (row, bytes, expected) in [
        ("JW27 8 KiB", 5_500, &[200][..]),
        ("JW27 64 KiB", 48_000, &[401, 431]),
        ("JW27 1 MiB", 800_000, &[401, 431]),
    ] {
        let token = good.clone().claim("ballast", "x".repeat(bytes)).token();
        let request = format!(
            "GET /status/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        let answer = raw(&stack.resource.url, request.as_bytes()).await;
        assert!(expected.contains(&answer.status), "{row}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_token_expires_when_it_says() {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.set("access-token-ttl", "1s");
    })
    .await;
    let resource = ResourceApi::start(&place).await;
    let answer = auth.password("johndoe", "secret", "me").await;
    assert_eq!(answer.json()["expires_in"], 1);
    let token = answer.text("access_token");
    let begun = now();
    assert_eq!(resource.ask("/users/me/", &token).await.status, 200, "JW16 within its life");
    eventually("JW16: the token has expired", std::time::Duration::from_secs(15), async || {
        (resource.ask("/users/me/", &token).await.status == 401).then_some(())
    })
    .await;
    let lived = now() - begun;
    assert!((5..=8).contains(&lived), "JW16: one second and a leeway of five, not {lived}");
}

in_every_algorithm!(what_everybody_knows_is_no_secret);

/// Algorithm confusion: whoever has the public key signs with it as if it were a shared one.
async fn what_everybody_knows_is_no_secret(stack: Stack) {
    let good = Forge::at(&stack.place);
    let secrets = good.signer().confusions();
    assert_eq!(secrets.is_empty(), good.signer().algorithm == Algorithm::Hs256);
    for (row, secret) in secrets {
        for header in [
            good.clone().header("alg", "HS256").header_json(),
            good.clone().header("alg", "HS256").header("kid", json!(null)).header_json(),
            good.header_json(),
        ] {
            let token = compact_hs256(header.as_bytes(), good.claims_json().as_bytes(), &secret);
            let answer = stack.resource.ask("/status/", &token).await;
            assert_eq!(answer.status, 401, "JW03 {row}, {header}: {answer:?}");
        }
    }
    assert_eq!(stack.resource.ask("/status/", &good.token()).await.status, 200);
}

/// A key of the same kind that nobody has seen.
fn stranger(good: &Forge) -> Signer {
    Signer::stranger(good.signer().algorithm)
}

/// Signed with another key, under the `kid` of ours.
fn other_key(good: &Forge) -> Forge {
    let kid = good.signer().kid.clone();
    good.clone().signed_by(stranger(good)).header("kid", kid)
}

/// The same signature with a bit set that base64url leaves unused in the last letter.
fn stray_bits(token: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = *token.as_bytes().last().expect("a signature");
    let at = alphabet.iter().position(|b| *b == last).expect("base64url");
    format!("{}{}", &token[..token.len() - 1], char::from(alphabet[at ^ 1]))
}

async fn ask_all(resource: &ResourceApi, rows: Vec<Change<'_>>) {
    for (row, forge, expected) in rows {
        let answer = resource.ask("/users/me/", &forge.token()).await;
        assert_eq!(answer.status, expected, "{row}: {answer:?}");
        if expected == 401 {
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{row}: {challenge}");
        }
    }
}
