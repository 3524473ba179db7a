//! What becomes of the demo's users when their data folder is served to strangers: the real binary,
//! its answers and its log.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

const PUBLIC: [&str; 4] = ["--issuer", "https://auth.example", "--audience", "https://api.example"];

/// A server that ends with its story.
struct Served {
    child: Child,
    address: String,
    /// What it logged until it listened.
    log: String,
}

impl Served {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let child = program(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"])
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut served = Self { child, address: String::new(), log: String::new() };
        let mut lines = BufReader::new(served.child.stderr.take().expect("a pipe")).lines();
        while served.address.is_empty() {
            let line = lines.next().expect("it listens").expect("UTF-8");
            if let Some((_, address)) = line.split_once("listening on http://") {
                address.clone_into(&mut served.address);
            }
            served.log.push_str(&line);
            served.log.push('\n');
        }
        // The pipe stays open while it runs.
        std::thread::spawn(move || lines.for_each(drop));
        served
    }

    /// The status and the body of a password request.
    fn password(&self, username: &str, password: &str) -> (String, String) {
        let form = format!(
            "grant_type=password&client_id=first-party&username={username}&password={password}&scope=me"
        );
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(
            stream,
            "POST /token HTTP/1.1\r\nhost: auth.example\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        (head[9..12].to_owned(), body.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
    command.current_dir(folder).env_clear();
    // Dearer than the demo's hashes, so that any other hash of their cost is replaced at login.
    command.env("SCOPEGATE_ARGON2_TIME", "4");
    command
}

/// A data folder in which the demo ran on this machine.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/demo.toml");
    let here = Served::start(folder.path(), &["--apply", file]);
    assert_eq!(here.password("johndoe", "secret").0, "200", "at home");
    assert!(!here.log.contains("demo password"), "{}", here.log);
    folder
}

fn set_password(folder: &Path, username: &str, password: &str) {
    let mut child = program(folder)
        .args(["user", "set-password", username, "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(password.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("the program ends").success());
}

#[test]
fn a_demo_password_opens_nothing_where_strangers_reach_the_server() {
    let folder = demo();
    let public = Served::start(folder.path(), &PUBLIC);
    let wrong = public.password("johndoe", "wrong");
    assert_eq!(wrong.0, "400");
    assert!(wrong.1.contains("Incorrect username or password"), "{}", wrong.1);
    assert_eq!(public.password("johndoe", "secret"), wrong, "a token for everybody");
}

#[test]
fn who_holds_a_demo_password_is_named_in_one_warning_until_they_get_another() {
    let folder = demo();
    let warnings = |log: &str| -> Vec<String> {
        log.lines().filter(|line| line.contains("demo password")).map(str::to_owned).collect()
    };
    let found = warnings(&Served::start(folder.path(), &PUBLIC).log);
    assert_eq!(found.len(), 1, "{found:?}");
    for part in ["WARN", "alice johndoe", "cannot log in"] {
        assert!(found[0].contains(part), "{part}: {found:?}");
    }
    set_password(folder.path(), "johndoe", "nobody knows this one");
    let public = Served::start(folder.path(), &PUBLIC);
    assert_eq!(public.password("johndoe", "nobody+knows+this+one").0, "200");
    let left = warnings(&public.log);
    assert!(left.len() == 1 && !left[0].contains("johndoe"), "{left:?}");
}
