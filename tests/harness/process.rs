//! One running program: its settings, its log, signals to it; killed when the story is over.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

use super::eventually;

/// How long a program may take to start, on a machine that runs everything at once.
const START: Duration = Duration::from_secs(30);

/// How long a program may take to end; the contract says ten seconds.
const STOP: Duration = Duration::from_secs(10);

/// The settings of one program, as flags and variables.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    flags: Vec<(String, OsString)>,
    variables: Vec<(String, OsString)>,
}

/// A program that runs.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: Log,
}

type Log = Arc<Mutex<Vec<String>>>;

impl Settings {
    /// Sets a flag; the last value wins.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.unset(name).flags.push((name.to_owned(), value.into()));
        self
    }

    /// Takes a flag back.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.flags.retain(|(held, _)| held != name);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn variable(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The program with these arguments and settings, and no others.
    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments);
        for (name, value) in &self.flags {
            let mut flag = OsString::from(format!("--{name}="));
            flag.push(value);
            command.arg(flag);
        }
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_setting = ["SCOPEGATE_", "OTEL_"].iter().any(|family| text.starts_with(family));
            if is_setting || text == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Process {
    /// Starts a program and keeps what it logs.
    pub(crate) fn start(name: &'static str, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let log = Log::default();
        keep(&log, child.stdout.take().expect("it was asked for"));
        keep(&log, child.stderr.take().expect("it was asked for"));
        Self { name, child, log }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// Waits for a line that holds this text.
    pub(crate) async fn line(&mut self, text: &str) -> String {
        let what = format!("{} logs: {text}", self.name);
        eventually(&what, START, async || {
            let ended = self.child.try_wait().expect("it is our child");
            let log = self.log();
            let found = log.lines().find(|line| line.contains(text)).map(str::to_owned);
            if found.is_none() {
                assert!(ended.is_none(), "{} ended by itself: {log}", self.name);
            }
            found
        })
        .await
    }

    /// The URL that it listens on.
    pub(crate) async fn url(&mut self) -> String {
        let line = self.line("listening on http://").await;
        let at = line.find("http://").expect("the line was found by it");
        line[at..].split(['"', ' ']).next().expect("a text has a first part").to_owned()
    }

    /// The URL on which it shows its metrics.
    pub(crate) async fn metrics_url(&mut self) -> String {
        let line = self.line("metrics on http://").await;
        let at = line.find("http://").expect("the line was found by it");
        line[at..].split(['"', ' ']).next().expect("a text has a first part").to_owned()
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self, http: &reqwest::Client, url: &str) {
        let url = format!("{url}/health/ready");
        eventually("the program is ready", START, async || {
            assert!(self.is_running(), "{} ended by itself: {}", self.name, self.log());
            http.get(&url).send().await.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
    }

    /// The bytes of memory that it holds now, or the most it ever held, as the system counts them.
    pub(crate) fn memory(&self, most: bool) -> u64 {
        let status = self.system_says("status");
        let name = if most { "VmHWM:" } else { "VmRSS:" };
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.expect("a number of kB") * 1024
    }

    /// A file of `/proc` about it.
    pub(crate) fn system_says(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// From now on no file of it grows beyond so many bytes; `None` takes that back.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let current = bytes.or(maximum);
        let limit = Rlimit { current, maximum };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).expect("it is ours");
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, STOP, async || self.child.try_wait().expect("it is our child")).await
    }

    /// Asks it to stop and waits for its end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        self.child.wait().expect("it is our child");
    }
}

/// Keeps every line of an output for as long as there are any.
fn keep(log: &Log, output: impl Read + Send + 'static) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- log of {}\n{}", self.name, self.log());
        }
    }
}
