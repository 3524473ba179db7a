//! One throw-away `PostgreSQL` cluster for the whole test process, without a network port.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AnyConnection, AssertSqlSafe, Connection};

/// Set to 1, a missing server fails the tests instead of shortening them.
const REQUIRE: &str = "SCOPEGATE_TEST_REQUIRE";

/// Says where its socket is, then lives until its input ends: when the test process does, however
/// that happens.
const SERVE: &str = r#"
set -e
umask 077
cd /
trap 'exit 1' HUP INT TERM
folder=$(mktemp -d)
trap '"$1/pg_ctl" -D "$folder/data" -m immediate stop >"$folder/out" 2>&1 || true; rm -rf "$folder"' EXIT
"$1/initdb" -D "$folder/data" -U scopegate -A trust -E UTF8 --locale=C --no-sync >"$folder/out" 2>&1
"$1/pg_ctl" -D "$folder/data" -l "$folder/log" -w start \
    -o "-k $folder -c listen_addresses= -c fsync=off -c max_connections=400" >"$folder/out" 2>&1
echo "$folder"
read -r _ || true
"#;

struct Cluster {
    socket: String,
    _shell: Child,
    _input: ChildStdin,
}

/// The URL of a new empty database; `None` where there is no server to be had.
pub(crate) async fn create_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let cluster = CLUSTER.get_or_init(start).as_ref()?;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let url = |name: &str| format!("postgres:///{name}?host={}&user=scopegate", cluster.socket);
    let mut admin = AnyConnection::connect(&url("postgres")).await.expect("the cluster runs");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut admin)
        .await
        .expect("a database can be created");
    admin.close().await.expect("a connection can be closed");
    Some(url(&name))
}

fn start() -> Option<Cluster> {
    let started = binaries().and_then(|binaries| serve(&binaries));
    if started.is_none() {
        assert!(std::env::var_os(REQUIRE).is_none_or(|value| value != "1"), "no PostgreSQL");
        eprintln!("PostgreSQL is not installed: the store suite runs on SQLite alone");
    }
    started
}

fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    folders.sort();
    folders.extend(std::env::split_paths(&path));
    folders.into_iter().find(|folder| folder.join("initdb").exists())
}

/// The server refuses to run as root, so root lends it to the user `postgres`.
fn serve(binaries: &Path) -> Option<Cluster> {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    let mut command = if is_root { Command::new("runuser") } else { Command::new("sh") };
    if is_root {
        command.args(["-u", "postgres", "--", "sh"]);
    }
    // Out of reach of a Ctrl-C that is meant for the tests.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.args(["-c", SERVE, "sh"]).arg(binaries);
    let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let (input, output) = (shell.stdin.take()?, shell.stdout.take()?);
    let mut socket = String::new();
    BufReader::new(output).read_line(&mut socket).ok()?;
    let socket = socket.trim().to_owned();
    (!socket.is_empty()).then_some(Cluster { socket, _shell: shell, _input: input })
}
