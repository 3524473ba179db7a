//! Throw-away `PostgreSQL` clusters, for the tests of whoever uses the store.
//!
//! A cluster listens on a Unix socket, on a TCP port only when asked to, and is gone when the test
//! process is. Where `PostgreSQL` is not installed there is none, unless `SCOPEGATE_TEST_REQUIRE=1`
//! demands it: then asking for one panics.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// Set to 1, a missing server fails the tests instead of shortening them.
const REQUIRE: &str = "SCOPEGATE_TEST_REQUIRE";

const SCRIPT: &str = include_str!("cluster.sh");

/// What a server needs for tests, and nothing that makes data last.
const OPTIONS: &str = "-c fsync=off -c max_connections=400";

/// The port that names the socket where there is no TCP.
const SOCKET_PORT: u16 = 5432;

/// A running cluster. Dropped, it ends.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: Option<u16>,
    databases: AtomicU32,
    shell: Mutex<Shell>,
}

/// The program that keeps the cluster, and the way to it.
#[derive(Debug)]
struct Shell {
    process: Child,
    /// `None` once it is told to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Where a cluster of a test's own listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On its Unix socket.
    Socket,
    /// On a free port of 127.0.0.1 too.
    Tcp,
    /// The same, with TLS for those who ask for it: see [`Cluster::file`].
    Tls,
}

impl Cluster {
    /// The one that the tests of this process share; it is never stopped. `None` where there is none
    /// to be had.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Listen::Socket)).as_ref()
    }

    /// Starts one of the test's own. `None` where there is none to be had.
    ///
    /// # Panics
    /// Where `SCOPEGATE_TEST_REQUIRE=1` demands one.
    pub fn start(listen: Listen) -> Option<Self> {
        let started = programs().and_then(|programs| Self::serve(&programs, listen).ok());
        let required = env::var_os(REQUIRE).is_some_and(|value| value == "1");
        assert!(started.is_some() || !required, "PostgreSQL is not installed or does not start");
        started
    }

    fn serve(programs: &Path, listen: Listen) -> io::Result<Self> {
        let port = if listen == Listen::Socket { None } else { Some(free_port()?) };
        let options = match port {
            None => format!("{OPTIONS} -c listen_addresses="),
            Some(port) => format!("{OPTIONS} -c listen_addresses=127.0.0.1 -p {port}"),
        };
        let certificates = if listen == Listen::Tls { "tls" } else { "" };
        let mut process = shell()
            .args(["-c", SCRIPT, "cluster"])
            .arg(programs)
            .args([&options, certificates])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut shell = Shell { process, input, output: BufReader::new(output) };
        let folder = PathBuf::from(shell.line()?);
        Ok(Self { folder, port, databases: AtomicU32::new(1), shell: Mutex::new(shell) })
    }

    /// The URL of a new empty database: on the port if there is one, otherwise on the socket.
    ///
    /// # Panics
    /// If the cluster does not make one.
    pub fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.tell(&format!("create {} {name}", self.port.unwrap_or(SOCKET_PORT)));
        match self.port {
            Some(port) => format!("postgres://scopegate@localhost:{port}/{name}"),
            None => format!("postgres:///{name}?host={}&user=scopegate", self.folder.display()),
        }
    }

    /// Stops the server as a power cut would.
    ///
    /// # Panics
    /// If it does not stop.
    pub fn power_cut(&self) {
        self.tell("stop");
    }

    /// Starts the server again, and returns when it takes connections.
    ///
    /// # Panics
    /// If it does not start.
    pub fn power_on(&self) {
        self.tell("start");
    }

    /// A file of the cluster. With [`Listen::Tls`] `ca.crt` is the authority that has signed the
    /// server's certificate for `localhost`, `other-ca.crt` one that has not.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn tell(&self, command: &str) {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = shell.tell(command);
        let log = fs::read_to_string(self.folder.join("out")).unwrap_or_default();
        assert!(
            answer.as_ref().is_ok_and(|answer| answer == "done"),
            "{command}: {answer:?} {log}"
        );
    }
}

impl Shell {
    fn tell(&mut self, command: &str) -> io::Result<String> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "{command}")?;
        self.line()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.input = None;
        // An error means that it is gone, which is what we want.
        let _ = self.process.wait();
    }
}

/// The server refuses to run as root, so root lends it to the user `postgres`.
fn shell() -> Command {
    let is_root = fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    let mut command = if is_root { Command::new("runuser") } else { Command::new("sh") };
    if is_root {
        command.args(["-u", "postgres", "--", "sh"]);
    }
    // Out of reach of a Ctrl-C that is meant for the tests.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// The folder of `initdb`, the newest one that Debian has, or on the path.
fn programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    versions.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path);
    versions
        .into_iter()
        .map(|folder| folder.join("bin"))
        .chain(on_path)
        .find(|folder| folder.join("initdb").exists())
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
