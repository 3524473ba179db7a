//! Who runs a command, as far as the system knows.

use std::fs;

/// The most of the list of users that is read, in bytes.
const MAX_PASSWD: u64 = 1024 * 1024;

/// `command (ann)`; where somebody took another's place by sudo, `command (root, sudo by ann)`.
pub fn operator(way: &str) -> String {
    let uid = rustix::process::getuid().as_raw();
    let name = name_of(uid).unwrap_or_else(|| format!("uid {uid}"));
    match std::env::var("SUDO_USER").ok().filter(|user| is_name(user) && *user != name) {
        Some(sudoer) => format!("{way} ({name}, sudo by {sudoer})"),
        None => format!("{way} ({name})"),
    }
}

fn name_of(uid: u32) -> Option<String> {
    let path = "/etc/passwd";
    let is_sane = fs::metadata(path).is_ok_and(|found| found.len() <= MAX_PASSWD);
    let list = is_sane.then(|| fs::read_to_string(path).ok()).flatten()?;
    find(&list, uid)
}

/// The first user of that number (passwd(5)).
fn find(list: &str, uid: u32) -> Option<String> {
    let of_uid = |line: &&str| line.split(':').nth(2) == Some(uid.to_string().as_str());
    let name = list.lines().find(of_uid)?.split(':').next()?;
    is_name(name).then(|| name.to_owned())
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_up_in_the_list_of_users() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbad name:x:7:7::/:/x\nann:x:1000:1000::/:/x\n";
        for (uid, expected) in [(0, Some("root")), (1000, Some("ann")), (7, None), (100, None)] {
            assert_eq!(find(list, uid).as_deref(), expected, "{uid}");
        }
    }
}
