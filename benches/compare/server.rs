//! A peer's running programs, each in a process group of its own that ends with its handle.

use std::{
    fs::File,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::{
    failure::{Doing, Failure},
    peer::{self, Peer, Program},
    place::{self, Place, Words},
};

/// How long a program may take to its first good answer, or a command to its end.
const START: Duration = Duration::from_mins(1);

/// How long a program may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(5);

/// A peer that runs. Dropped, it is killed, and its data is gone.
pub(crate) struct Server {
    programs: Vec<Running>,
    _data: Option<TempDir>,
}

/// A program that runs.
pub(crate) struct Running {
    group: Group,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From its start to its first good answer.
    pub(crate) started_in: Duration,
}

/// A child with all of its descendants.
pub(crate) struct Group(Child);

impl Server {
    /// Starts a peer on data of its own. `core` is the one that it keeps to.
    pub(crate) fn start(
        place: &Place,
        peer: &'static Peer,
        core: Option<usize>,
    ) -> Result<Self, Failure> {
        let data = place.folder()?;
        prepare(place, peer, data.path())?;
        let server = Self::start_on(place, peer, data.path(), core)?;
        Ok(Self { _data: Some(data), ..server })
    }

    /// Starts a peer on data that is there already.
    pub(crate) fn start_on(
        place: &Place,
        peer: &'static Peer,
        data: &Path,
        core: Option<usize>,
    ) -> Result<Self, Failure> {
        let ports = peer.programs.iter().map(|_| place::free_port());
        let ports = ports.collect::<Result<Vec<_>, _>>()?;
        let words = place.words(data, &ports);
        let mut programs = Vec::new();
        for (program, port) in peer.programs.iter().zip(ports) {
            let log = place.work().join(format!("{}-{}.log", peer.key, program.name));
            programs.push(Running::start(program, &words, data, port, core, &log)?);
        }
        Ok(Self { programs, _data: None })
    }

    /// The program that answers token requests.
    pub(crate) fn issuer(&self) -> &Running {
        self.programs.first().expect("a peer has a program")
    }

    /// The program that answers reads.
    pub(crate) fn resource(&self) -> &Running {
        self.programs.last().expect("a peer has a program")
    }

    /// Its programs, in the order of the table.
    pub(crate) fn programs(&self) -> &[Running] {
        &self.programs
    }

    /// Asks every program to stop, and waits until all have.
    pub(crate) fn stop(mut self) {
        for running in &mut self.programs {
            running.group.stop();
        }
    }
}

/// Runs the commands that make a peer's data.
pub(crate) fn prepare(place: &Place, peer: &Peer, data: &Path) -> Result<(), Failure> {
    let words = place.words(data, &[]);
    for command in peer.prepare {
        let log = place.work().join(format!("{}-prepare.log", peer.key));
        let mut group = Group::spawn(&mut line(command, &words, data, None), &log)?;
        if !group.ended(START)? {
            return Err(Failure(format!("{}: cannot prepare; see {}", peer.key, log.display())));
        }
    }
    Ok(())
}

impl Running {
    fn start(
        program: &Program,
        words: &Words,
        data: &Path,
        port: u16,
        core: Option<usize>,
        log: &Path,
    ) -> Result<Self, Failure> {
        let mut line = line(&program.command, words, data, core);
        let began = Instant::now();
        let mut group = Group::spawn(&mut line, log)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (path, status) = program.good_answer;
        while answers(address, path) != Some(status) {
            let gone = group.0.try_wait().doing(|| program.name.to_owned())?.is_some();
            if gone || began.elapsed() > START {
                let log = log.display();
                return Err(Failure(format!("{} does not start; see {log}", program.name)));
            }
            thread::sleep(Duration::from_micros(500));
        }
        Ok(Self { group, address, started_in: began.elapsed() })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.group.0.id()
    }
}

impl Group {
    /// Starts a command; what it says goes to the log.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Self, Failure> {
        let file = File::create(log).doing(|| log.display().to_string())?;
        let copy = file.try_clone().doing(|| log.display().to_string())?;
        let name = command.get_program().display().to_string();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(copy).process_group(0).spawn();
        child.doing(|| name).map(Self)
    }

    /// Waits for its end, and says whether that was a success.
    fn ended(&mut self, patience: Duration) -> Result<bool, Failure> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.0.try_wait().doing(|| "a command".to_owned())? {
                return Ok(status.success());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(false)
    }

    /// Waits for the success of what ends by itself.
    pub(crate) fn finish(mut self, name: &str) -> Result<(), Failure> {
        if self.ended(START)? { Ok(()) } else { Err(Failure(format!("{name} failed"))) }
    }

    fn stop(&mut self) {
        self.signal(Signal::TERM);
        // What does not end is killed when the handle is dropped.
        let _ = self.ended(STOP);
    }

    fn signal(&self, signal: Signal) {
        // An error means that there is nobody left to hear it.
        let _ = kill_process_group(Pid::from_child(&self.0), signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        // It is our child, and dead.
        let _ = self.0.wait();
    }
}

fn line(command: &peer::Command, words: &Words, data: &Path, core: Option<usize>) -> Command {
    let mut arguments = command.words.iter().map(|word| words.fill(word));
    let mut line = match core {
        Some(core) => {
            let mut line = Command::new("taskset");
            line.args(["-c", &core.to_string()]);
            line
        }
        None => Command::new(arguments.next().unwrap_or_default()),
    };
    line.args(arguments);
    line.envs(command.variables.iter().map(|(name, value)| (name, words.fill(value))));
    let folder = place::apps().join(command.folder);
    line.current_dir(if command.folder.is_empty() { data } else { &folder });
    line
}

/// The status of a GET; `None` while nobody answers.
fn answers(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head).ok()?.get(9..)?.parse().ok()
}
