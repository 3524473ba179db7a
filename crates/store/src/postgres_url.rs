//! The parameters of a `postgres://` URL. The driver only warns of one that it does not know, which
//! would turn a mistyped `sslmode` into a connection without TLS: here it is refused.

use url::Url;

use crate::StoreError;

/// What the driver heeds, by the names that `libpq` has for them, and its own for the cache.
const KNOWN: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// Values of `sslmode` that do what they say. `allow` would never use TLS; `verify-ca` would be content
/// with anybody's certificate, because public authorities count beside those of `sslrootcert`.
const SSL_MODES: [&str; 4] = ["disable", "prefer", "require", "verify-full"];

/// Refuses a URL with a parameter that would not do what it says. No message repeats a value: any of
/// them may be a password in the wrong place.
pub(crate) fn check(url: &str) -> Result<(), StoreError> {
    let refused = |reason: String| Err(StoreError::Url(reason));
    let url = Url::parse(url).map_err(|reason| StoreError::Url(reason.to_string()))?;
    for (name, value) in url.query_pairs() {
        if !KNOWN.contains(&&*name) {
            return refused(format!(
                "it has no parameter \"{}\"; there are {}",
                name.escape_debug(),
                KNOWN.join(", ")
            ));
        }
        if name == "sslmode" && !SSL_MODES.contains(&&*value) {
            return refused(format!("sslmode is one of {}", SSL_MODES.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_would_not_do_what_it_says_is_refused() {
        for (url, refusal) in [
            ("postgres://u:p@db/x", None),
            ("postgresql:///x?host=/run/postgresql&user=u", None),
            ("postgres://db/x?sslmode=verify-full&sslrootcert=/etc/ca.crt", None),
            ("postgres://db/x?sslmode=disable&application_name=a", None),
            ("postgres://db/x?ssl_mode=verify-full", Some("no parameter \"ssl_mode\"")),
            ("postgres://db/x?SSLMODE=require", Some("no parameter \"SSLMODE\"")),
            ("postgres://db/x?passwd=hunter2", Some("no parameter \"passwd\"")),
            ("postgres://db/x?sslmode=verify_full", Some("sslmode is one of disable, prefer")),
            ("postgres://db/x?sslmode=verify-ca", Some("sslmode is one of disable, prefer")),
            ("postgres://db/x?sslmode=", Some("sslmode is one of disable, prefer")),
            ("postgres://u:hunter2@a:b/x", Some("invalid port")),
        ] {
            match (check(url), refusal) {
                (Ok(()), None) => {}
                (Err(StoreError::Url(reason)), Some(expected)) => {
                    assert!(reason.contains(expected), "{url}: {reason}");
                    assert!(!reason.contains("hunter2"), "{reason}");
                }
                (other, _) => panic!("{url}: {other:?}"),
            }
        }
    }
}
