//! Where a stack runs: its ports, its data folder, and the settings that follow from them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::failure::{Doing, Failure};
use crate::programs;

/// The place of one stack.
pub(super) struct Place {
    data_dir: PathBuf,
    auth_port: u16,
    resource_port: u16,
}

impl Place {
    /// A place on the loopback interface. A relative data folder is one of the workspace's root,
    /// so that the command finds its data again from wherever it is run.
    pub(super) fn new(
        data_dir: &Path,
        auth_port: u16,
        resource_port: u16,
    ) -> Result<Self, Failure> {
        if auth_port == 0 || resource_port == 0 {
            return Err(Failure("a port is a number from 1 to 65535".to_owned()));
        }
        if auth_port == resource_port {
            return Err(Failure(format!("both services cannot have port {auth_port}")));
        }
        Ok(Self { data_dir: programs::root().join(data_dir), auth_port, resource_port })
    }

    /// Each service's name and port.
    pub(super) fn services(&self) -> [(&'static str, u16); 2] {
        [("auth-server", self.auth_port), ("resource-api", self.resource_port)]
    }

    /// The public URL of auth-server.
    pub(super) fn issuer(&self) -> String {
        format!("http://localhost:{}", self.auth_port)
    }

    /// The public URL of resource-api.
    pub(super) fn audience(&self) -> String {
        format!("http://localhost:{}", self.resource_port)
    }

    /// The folder of the database and the keys.
    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Refuses a port that another program listens on, before anything is built.
    pub(super) fn check_ports(&self) -> Result<(), Failure> {
        for (name, port) in self.services() {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    return Err(Failure(format!(
                        "port {port} is taken: stop the program that listens there, or give {name} \
                         another one (`cargo stack --help`)"
                    )));
                }
                Err(error) => return Err(error).doing(|| format!("port {port} for {name}")),
            }
        }
        Ok(())
    }

    /// The environment of both services.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SCOPEGATE_DATA_DIR", self.data_dir.display().to_string()),
            ("SCOPEGATE_AUTH_LISTEN", format!("127.0.0.1:{}", self.auth_port)),
            ("SCOPEGATE_RESOURCE_LISTEN", format!("127.0.0.1:{}", self.resource_port)),
            // Wherever there is room: two stacks side by side have two.
            ("SCOPEGATE_METRICS_LISTEN", "127.0.0.1:0".to_owned()),
            ("SCOPEGATE_ISSUER", self.issuer()),
            ("SCOPEGATE_AUDIENCE", self.audience()),
            ("SCOPEGATE_APPLY", programs::root().join("demo/demo.toml").display().to_string()),
            ("SCOPEGATE_DEFAULT_CLIENT", "first-party".to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_by_its_number_and_the_name_of_its_service() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let free = if port == 65535 { 65534 } else { port + 1 };
        let Failure(line) = Place::new(Path::new("data"), port, free)
            .and_then(|place| place.check_ports())
            .unwrap_err();
        assert!(line.contains(&format!("port {port} is taken")), "{line}");
        assert!(line.contains("auth-server"), "{line}");
    }

    #[test]
    fn two_services_need_two_ports() {
        assert!(Place::new(Path::new("data"), 8000, 8000).is_err());
        assert!(Place::new(Path::new("data"), 0, 8001).is_err());
    }

    #[test]
    fn a_data_folder_is_the_workspaces_unless_it_is_absolute() {
        for (given, expected) in [
            ("data", programs::root().join("data")),
            ("/var/lib/scopegate", PathBuf::from("/var/lib/scopegate")),
        ] {
            let place = Place::new(Path::new(given), 8000, 8001).unwrap();
            assert_eq!(place.data_dir(), expected, "{given}");
        }
    }
}
