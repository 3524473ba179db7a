//! A database that is not what was written: it is found out and said, and nobody's password or token
//! is called wrong for it.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::witness::Witness;
use crate::harness::{AuthServer, Place, Tokens, is_postgres, say, settle};

const PAGE: u64 = 4096;

#[tokio::test]
async fn a_damaged_page_is_said_and_never_called_a_wrong_password_or_token() {
    if is_postgres() {
        return say("skipped: the file of SQLite");
    }
    for fill in [0x00, 0xA5] {
        for table in ["users", "clients", "grants", "refresh_tokens", "codes", "sessions", "all"] {
            let row = format!("{table} {fill:#04x}");
            let place = Place::new();
            let mut auth = AuthServer::under(&["env"], &place).await;
            let before = auth.login("me").await;
            let witness = Witness::alone(&auth).await;
            let database = file(&place);
            let pages: Vec<u64> = settle(&place)
                .await
                .into_iter()
                .filter(|(name, _)| table == "all" || name == table)
                .map(|(_, page)| page)
                .filter(|page| *page > 1)
                .collect();
            let whole = fs::read(&database).expect("the file is ours");
            damage(&database, &pages, fill);
            let away = witness.is_not_blamed(&row).await;
            assert!(away > 0, "{row}: nobody noticed");
            auth.process.line("the database is damaged").await;
            auth.process.kill();
            fs::write(&database, whole).expect("the file is ours");
            let auth = AuthServer::under(&["env"], &place).await;
            Tokens::of(&auth.refresh(&before.refresh).await);
        }
    }
}

fn file(place: &Place) -> PathBuf {
    place.data("shared/scopegate.db")
}

/// Overwrites pages in their place, as a broken disk does.
fn damage(path: &Path, pages: &[u64], byte: u8) {
    let file = fs::File::options().write(true).open(path).expect("the file is ours");
    for page in pages {
        let written = file.write_all_at(&[byte; 4096], (page - 1) * PAGE);
        written.expect("the file is ours");
    }
}
