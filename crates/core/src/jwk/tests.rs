//! What comes as a key or a set of keys, most of it from somebody with bad intentions (RFC 7517,
//! 7518, 8037).

use serde_json::{Value, json};

use super::*;

/// The examples of RFC 8037 appendix A.2, RFC 7515 appendix A.3 and RFC 7638 §3.1.
const X_25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const X_P256: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y_P256: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

fn okp() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": X_25519, "kid": "a"})
}

fn ec() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": X_P256, "y": Y_P256, "kid": "b"})
}

fn rsa() -> Value {
    json!({"kty": "RSA", "n": N, "e": "AQAB", "kid": "c"})
}

fn with(mut key: Value, name: &str, member: impl Into<Value>) -> Value {
    key[name] = member.into();
    key
}

fn without(mut key: Value, name: &str) -> Value {
    key.as_object_mut().unwrap().remove(name);
    key
}

/// A modulus of so many bytes: odd, and with its highest bit set.
fn modulus_of(bytes: usize) -> String {
    encode(&vec![0xff; bytes])
}

fn parse(key: &Value) -> Result<Algorithm, JwkError> {
    Jwk::parse(key.to_string().as_bytes()).map(|key| key.algorithm())
}

#[test]
fn a_key_says_what_it_is_for() {
    use Algorithm::{EdDsa, Es256, Rs256};
    use JwkError::{Malformed, OtherUse, Unsupported};
    for (name, key, expected) in [
        ("Ed25519", okp(), Ok(EdDsa)),
        ("P-256", ec(), Ok(Es256)),
        ("RSA", rsa(), Ok(Rs256)),
        ("without kid", without(okp(), "kid"), Ok(EdDsa)),
        ("kid null counts as absent", with(okp(), "kid", Value::Null), Ok(EdDsa)),
        ("members that mean nothing", with(okp(), "x5u", "http://127.0.0.1:9/"), Ok(EdDsa)),
        ("use sig", with(rsa(), "use", "sig"), Ok(Rs256)),
        ("key_ops verify", with(rsa(), "key_ops", json!(["verify"])), Ok(Rs256)),
        ("its alg", with(rsa(), "alg", "RS256"), Ok(Rs256)),
        ("7517 4.2 use enc", with(rsa(), "use", "enc"), Err(OtherUse)),
        ("7517 4.2 use unknown", with(rsa(), "use", ""), Err(OtherUse)),
        ("7517 4.3 sign only", with(rsa(), "key_ops", json!(["sign"])), Err(OtherUse)),
        ("7517 4.3 no operation", with(rsa(), "key_ops", json!([])), Err(OtherUse)),
        ("7517 4.4 PS256", with(rsa(), "alg", "PS256"), Err(Unsupported)),
        ("7517 4.4 RS512", with(rsa(), "alg", "RS512"), Err(Unsupported)),
        ("JW03 alg HS256", with(rsa(), "alg", "HS256"), Err(Unsupported)),
        ("JW02 alg none", with(ec(), "alg", "none"), Err(Unsupported)),
        ("alg of another kind", with(ec(), "alg", "RS256"), Err(Unsupported)),
        ("alg in lower case", with(okp(), "alg", "eddsa"), Err(Unsupported)),
        ("symmetric", json!({"kty": "oct", "k": "c2VjcmV0"}), Err(Unsupported)),
        (
            "symmetric for HS256",
            json!({"kty": "oct", "k": X_P256, "alg": "HS256"}),
            Err(Unsupported),
        ),
        ("kty in lower case", with(ec(), "kty", "ec"), Err(Unsupported)),
        ("P-384", with(ec(), "crv", "P-384"), Err(Unsupported)),
        ("secp256k1", with(ec(), "crv", "secp256k1"), Err(Unsupported)),
        ("X25519", with(okp(), "crv", "X25519"), Err(Unsupported)),
        ("Ed448", with(okp(), "crv", "Ed448"), Err(Unsupported)),
        ("kty and crv disagree", with(ec(), "kty", "RSA"), Err(Unsupported)),
        ("kty is needed", without(rsa(), "kty"), Err(Malformed)),
        ("crv is needed", without(ec(), "crv"), Err(Unsupported)),
        ("kid number", with(okp(), "kid", 7), Err(Malformed)),
        ("kid array", with(okp(), "kid", json!(["a"])), Err(Malformed)),
        ("kid object", with(okp(), "kid", json!({"a": 1})), Err(Malformed)),
        ("key_ops text", with(rsa(), "key_ops", "verify"), Err(Malformed)),
        ("alg number", with(rsa(), "alg", 256), Err(Malformed)),
    ] {
        assert_eq!(parse(&key), expected, "{name}");
    }
}

#[test]
fn the_numbers_of_a_key_are_checked() {
    use Algorithm::Rs256;
    use JwkError::{Malformed, NoKey, Size};
    let zero = encode(&[0; 32]);
    let leading_zero = encode(&[[0].as_slice(), &[0xff; 256]].concat());
    let padded_1024 = encode(&[[0; 128], [0xff; 128]].concat());
    let even = encode(&[[0xff; 255].as_slice(), &[0xfe]].concat());
    for (name, key, expected) in [
        ("8037 2 x of 31 bytes", with(okp(), "x", encode(&[1; 31])), Err(Size)),
        ("8037 2 x of 33 bytes", with(okp(), "x", encode(&[1; 33])), Err(Size)),
        ("8037 2 x empty", with(okp(), "x", ""), Err(Size)),
        ("8037 2 x is needed", without(okp(), "x"), Err(Malformed)),
        ("7518 6.2.1.2 x of 31 bytes", with(ec(), "x", encode(&[1; 31])), Err(Size)),
        ("7518 6.2.1.3 y is needed", without(ec(), "y"), Err(Malformed)),
        ("y null", with(ec(), "y", Value::Null), Err(Malformed)),
        ("not a point", with(ec(), "y", X_P256), Err(NoKey)),
        ("the point (0, 0)", with(with(ec(), "x", zero.as_str()), "y", zero.as_str()), Err(NoKey)),
        ("beyond the field", with(ec(), "x", encode(&[0xff; 32])), Err(NoKey)),
        ("7518 3.3 n of 1024 bits", with(rsa(), "n", modulus_of(128)), Err(Size)),
        ("7518 3.3 n of 2040 bits", with(rsa(), "n", modulus_of(255)), Err(Size)),
        ("7518 3.3 n of 2047 bits", with(rsa(), "n", encode(&[0x7f; 256])), Err(Size)),
        ("n of 8192 bits", with(rsa(), "n", modulus_of(1024)), Ok(Rs256)),
        ("n of 8200 bits", with(rsa(), "n", modulus_of(1025)), Err(Size)),
        ("n of 1 MiB", with(rsa(), "n", modulus_of(1 << 20)), Err(Size)),
        ("7518 2 n with a zero before", with(rsa(), "n", leading_zero), Err(Malformed)),
        ("7518 2 n of 1024 bits after zeros", with(rsa(), "n", padded_1024), Err(Malformed)),
        ("n even", with(rsa(), "n", even), Err(NoKey)),
        ("n empty", with(rsa(), "n", ""), Err(Malformed)),
        ("n is needed", without(rsa(), "n"), Err(Malformed)),
        ("n a number", with(rsa(), "n", 65_537), Err(Malformed)),
        ("n padded", with(rsa(), "n", format!("{N}==")), Err(Malformed)),
        ("n in another alphabet", with(rsa(), "n", N.replace('_', "/")), Err(Malformed)),
        ("x with stray bits", with(okp(), "x", X_25519.replace("URo", "URp")), Err(Malformed)),
        ("x with white space", with(okp(), "x", format!("{X_25519}\n")), Err(Malformed)),
        ("e = 3", with(rsa(), "e", "Aw"), Ok(Rs256)),
        ("8017 3.1 e = 1", with(rsa(), "e", "AQ"), Err(NoKey)),
        ("8017 3.1 e = 0", with(rsa(), "e", "AA"), Err(Malformed)),
        ("8017 3.1 e even", with(rsa(), "e", "AQAA"), Err(NoKey)),
        ("e with a zero before", with(rsa(), "e", "AAEAAQ"), Err(Malformed)),
        ("e of 32 bits", with(rsa(), "e", "_____w"), Ok(Rs256)),
        ("e of 40 bits", with(rsa(), "e", encode(&[0xff; 5])), Err(Size)),
        ("e as long as n", with(rsa(), "e", N), Err(Size)),
        ("e a number", with(rsa(), "e", 65_537), Err(Malformed)),
        ("e is needed", without(rsa(), "e"), Err(Malformed)),
    ] {
        assert_eq!(parse(&key), expected, "{name}");
    }
}

#[test]
fn a_private_key_is_refused_by_each_of_its_members() {
    for key in [okp(), ec(), rsa()] {
        assert_eq!(parse(&with(key, "d", "AQAB")), Err(JwkError::Private));
    }
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(parse(&with(rsa(), member, "AQAB")), Err(JwkError::Private), "{member}");
        let number = with(rsa(), member, 1);
        assert_eq!(parse(&number), Err(JwkError::Private), "{member} of another type");
        let absent = with(rsa(), member, Value::Null);
        assert_eq!(parse(&absent), Ok(Algorithm::Rs256), "{member} null counts as absent");
    }
    assert_eq!(parse(&with(rsa(), "oth", json!([]))), Err(JwkError::Private));
}

#[test]
fn what_is_no_set_is_refused() {
    let nested = "[".repeat(100_000);
    for (name, document) in [
        ("empty", ""),
        ("null", "null"),
        ("an array of keys", "[]"),
        ("no keys", "{}"),
        ("keys null", r#"{"keys":null}"#),
        ("keys an object", r#"{"keys":{}}"#),
        ("keys twice", r#"{"keys":[],"keys":[]}"#),
        ("cut off", r#"{"keys":[{"kty":"OKP""#),
        ("more after it", r#"{"keys":[]} {}"#),
        ("a BOM", "\u{feff}{\"keys\":[]}"),
        ("HTML", "<!doctype html><title>502</title>"),
        ("deep", &format!(r#"{{"keys":{nested}"#)),
        ("deep in a key", &format!(r#"{{"keys":[{{"x5c":{nested}"#)),
        ("a number too large", r#"{"keys":[{"kty":1e400}]}"#),
    ] {
        assert_eq!(JwkSet::parse(document.as_bytes(), |_, _| {}), Err(JwkSetError), "{name}");
    }
    assert_eq!(JwkSet::parse(b"{\"keys\":[\"\xff\"]}", |_, _| {}), Err(JwkSetError));
}

#[test]
fn bad_keys_of_a_set_are_skipped_and_told_and_the_good_ones_stay() {
    let document = json!({
        "issuer": "x",
        "keys": [
            okp(), null, 7, "text", [], {}, ec(), with(rsa(), "use", "enc"), {"kty": "oct", "k": N},
            with(rsa(), "d", "AQAB"), with(rsa(), "kid", 7), with(rsa(), "n", 1.0e300), rsa(),
        ],
    });
    let mut skipped = Vec::new();
    let set = JwkSet::parse(document.to_string().as_bytes(), |at, why| skipped.push((at, why)));
    let kids: Vec<_> =
        set.unwrap().keys().iter().map(|key| key.kid().unwrap().to_owned()).collect();
    assert_eq!(kids, ["a", "b", "c"]);
    let malformed = |at| (at, JwkError::Malformed);
    let mut expected: Vec<_> = (1..=5).map(malformed).collect();
    expected.extend([(7, JwkError::OtherUse), (8, JwkError::Unsupported), (9, JwkError::Private)]);
    expected.extend([malformed(10), malformed(11)]);
    assert_eq!(skipped, expected);
}

#[test]
fn a_set_of_ten_thousand_keys_is_read_as_far_as_sixty_four() {
    let document = json!({"keys": vec![okp(); 10_000]}).to_string();
    let set = JwkSet::parse(document.as_bytes(), |_, _| {}).unwrap();
    assert_eq!(set.keys().len(), JwkSet::MAX_KEYS);
    let document = json!({"keys": vec![Value::Null; 10_000]}).to_string();
    let mut skipped = 0;
    let set = JwkSet::parse(document.as_bytes(), |_, _| skipped += 1).unwrap();
    assert_eq!((set.keys().len(), skipped), (0, JwkSet::MAX_KEYS));
}

#[test]
fn keys_that_share_a_kid_both_stay() {
    // RFC 7517 §4.5: different kinds may share one; the algorithm tells them apart.
    let document = json!({"keys": [with(ec(), "kid", "a"), okp(), okp()]}).to_string();
    let set = JwkSet::parse(document.as_bytes(), |_, _| {}).unwrap();
    let found: Vec<_> =
        set.keys().iter().map(|key| (key.kid().unwrap(), key.algorithm())).collect();
    let ed_dsa = ("a", Algorithm::EdDsa);
    assert_eq!(found, [("a", Algorithm::Es256), ed_dsa, ed_dsa]);
}

#[test]
fn what_is_published_is_public_and_comes_back() {
    for (key, members) in [
        (okp(), vec!["alg", "crv", "kid", "kty", "use", "x"]),
        (ec(), vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
        (rsa(), vec!["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let read = Jwk::parse(key.to_string().as_bytes()).unwrap();
        let set = JwkSet::new(vec![read]);
        let text = serde_json::to_string(&set).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let names: Vec<_> =
            json["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, members);
        assert_eq!(JwkSet::parse(text.as_bytes(), |_, _| {}), Ok(set));
    }
}
