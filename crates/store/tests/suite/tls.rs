//! TLS to `PostgreSQL`, as the `sslmode` of the URL asks for it.

use scopegate_store::{
    Reader, Store, StoreError, StoreOptions, Synchronous,
    testing::{Cluster, Listen},
};

use crate::harness::open_store;

#[tokio::test]
async fn the_server_is_whom_the_certificate_names_or_is_not_spoken_to() {
    let Some(cluster) = Cluster::start(Listen::Tls) else {
        eprintln!("PostgreSQL is not installed: nothing to speak TLS with");
        return;
    };
    let url = cluster.create_database();
    let (ca, other) = (cluster.file("ca.crt"), cluster.file("other-ca.crt"));
    let (ca, other) = (ca.display(), other.display());
    let numeric = url.replace("localhost", "127.0.0.1");
    open_store(&url).await.migrate().await.expect("a new database can be migrated");
    for (row, url, expected) in [
        ("as it comes", url.clone(), Some(1)),
        ("disable", format!("{url}?sslmode=disable"), Some(0)),
        ("prefer", format!("{url}?sslmode=prefer"), Some(1)),
        ("require", format!("{url}?sslmode=require"), Some(1)),
        ("verify-full", format!("{url}?sslmode=verify-full&sslrootcert={ca}"), Some(1)),
        ("another authority", format!("{url}?sslmode=verify-full&sslrootcert={other}"), None),
        ("public authorities alone", format!("{url}?sslmode=verify-full"), None),
        ("another name", format!("{numeric}?sslmode=verify-full&sslrootcert={ca}"), None),
        ("no such file", format!("{url}?sslmode=verify-full&sslrootcert=/nowhere.crt"), None),
    ] {
        assert_eq!(is_encrypted(&url).await, expected, "{row}");
        let reader = Reader::open(&url).await;
        assert_eq!(reader.is_ok(), expected.is_some(), "{row}: for readers");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_demanded() {
    let Some(cluster) = Cluster::start(Listen::Tcp) else {
        eprintln!("PostgreSQL is not installed: nothing to speak TLS with");
        return;
    };
    let url = cluster.create_database();
    assert_eq!(is_encrypted(&url).await, Some(0), "prefer");
    for mode in ["require", "verify-full"] {
        assert_eq!(is_encrypted(&format!("{url}?sslmode={mode}")).await, None, "{mode}");
    }
}

/// Whether the connection has TLS, as the server sees it; `None` where there is none for that reason.
async fn is_encrypted(url: &str) -> Option<i64> {
    let options = StoreOptions { url: url.to_owned(), synchronous: Synchronous::Full };
    let store = match Store::open(&options).await {
        Ok(store) => store,
        Err(StoreError::Unavailable(_)) => return None,
        Err(other) => panic!("{other}"),
    };
    let query = "SELECT CAST(CASE WHEN ssl THEN 1 ELSE 0 END AS BIGINT) FROM pg_stat_ssl \
                 WHERE pid = pg_backend_pid()";
    let mut conn = store.read().await.expect("it is open");
    let encrypted: Result<i64, _> = sqlx::query_scalar(query).fetch_one(&mut *conn).await;
    let encrypted = encrypted.expect("the server tells of every connection");
    drop(conn);
    store.close().await;
    Some(encrypted)
}
