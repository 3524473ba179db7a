//! The questions of `auth-server doctor`: a sound store, a broken one, one that takes no writes.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
};

use scopegate_store::{Reader, StoreError, condition};

use crate::harness::{on_every_database, sqlite};

#[tokio::test]
async fn a_sound_store_has_no_damages_and_takes_writes() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(condition::damages(&mut conn).await, Ok(Vec::new()));
        assert_eq!(condition::check_writable(&db.store).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_broken_page_is_a_damage() {
    let db = sqlite().await;
    db.with_johndoe().await;
    for n in 0..50 {
        db.with_grant(&format!("g{n}")).await;
    }
    let file = db.file().unwrap();
    db.store.close().await;
    let mut bytes = fs::OpenOptions::new().write(true).open(file).unwrap();
    let length = bytes.metadata().unwrap().len();
    for page in length / 4096 - 4..length / 4096 {
        bytes.seek(SeekFrom::Start(page * 4096)).unwrap();
        bytes.write_all(&[0x5a; 64]).unwrap();
    }
    let reader = Reader::open(&db.url).await.unwrap();
    let found = condition::damages(&mut reader.read().await.unwrap()).await;
    assert!(
        matches!(&found, Ok(lines) if !lines.is_empty())
            || matches!(&found, Err(StoreError::Damaged(_))),
        "{found:?}"
    );
    reader.close().await;
}

#[tokio::test]
async fn a_store_that_is_closed_takes_no_writes() {
    on_every_database(async |db| {
        db.store.close().await;
        let refused = condition::check_writable(&db.store).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    })
    .await;
}
