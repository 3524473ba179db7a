//! The order of things on the way to the disk, as the kernel sees it: an answer that acknowledges a
//! write leaves after the log of `SQLite` was synced.

use std::{fs, process::Command};

use crate::harness::{AuthServer, Place, Tokens, is_postgres, say, skip};

const ROTATIONS: usize = 10;

/// What is looked at of a line of `strace -f -y`.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// Bytes of the log were written, and are in memory.
    Written,
    /// The log is on the disk.
    Synced,
    /// A client was told that it has tokens.
    Answered,
}

#[tokio::test]
async fn db07_a_write_is_acknowledged_after_its_log_was_synced() {
    if is_postgres() {
        return say("skipped: the log of SQLite");
    }
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("the order of sync and answer", "strace");
    }
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success())
    {
        return say("skipped: the order of sync and answer: this machine lets nobody trace");
    }
    let place = Place::new();
    let trace = place.path("trace");
    let calls = "trace=pwrite64,pwritev,fdatasync,fsync,write,writev,sendto,sendmsg";
    let to = trace.to_str().expect("our paths are text");
    // -D: the program stays our child, to be stopped as any other.
    let strace = ["strace", "-D", "-f", "-y", "-s", "24", "-e", calls, "-o", to];
    let auth = AuthServer::under(&strace, &place).await;
    let mut token = auth.login("me").await.refresh;
    for _ in 0..ROTATIONS {
        token = Tokens::of(&auth.refresh(&token).await).refresh;
    }
    auth.stop().await;
    let lines = fs::read_to_string(&trace).expect("strace wrote it");
    let events: Vec<Event> = lines.lines().filter_map(event).collect();
    let (mut unsynced, mut synced, mut answers) = (false, false, 0);
    for event in &events {
        match event {
            Event::Written => (unsynced, synced) = (true, false),
            Event::Synced => (unsynced, synced) = (false, true),
            Event::Answered => {
                answers += 1;
                assert!(synced && !unsynced, "DB07, answer {answers}: {events:?}");
                synced = false;
            }
        }
    }
    assert!(answers > ROTATIONS, "DB07: each answer was seen: {events:?}");
}

fn event(line: &str) -> Option<Event> {
    let is_log = line.contains("scopegate.db-wal>");
    if line.contains("fdatasync") || line.contains("fsync") {
        // A call that another thread interrupts has its end on a line without the file's name.
        let ended = line.ends_with("= 0");
        return (ended && (is_log || line.contains("resumed>"))).then_some(Event::Synced);
    }
    if line.contains("pwrite") {
        return (is_log && !line.contains("resumed>")).then_some(Event::Written);
    }
    // The health check answers 200 too, and writes nothing: it comes before the first write.
    (line.contains("\"HTTP/1.1 200") && !line.contains("resumed>")).then_some(Event::Answered)
}
