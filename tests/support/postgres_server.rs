//! A real PostgreSQL with nothing in it.

use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::servers::{self, Server};

/// The password of its user, `desk`.
pub const PASSWORD: &str = "a real pass-word";

/// The server; its database is `postgres`.
pub struct PostgresServer {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// Whom it runs as, where the tests run as root: it refuses root.
    owner: Option<(u32, u32)>,
    pub port: u16,
    server: Mutex<Option<Server>>,
}

impl PostgresServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("temp");
        let versions = servers::versions(Path::new("/usr/lib/postgresql"));
        let initdb = servers::find("initdb", &versions, "Debian's `postgresql`");
        let programs = initdb.parent().expect("a folder").to_owned();
        let owner = rustix::process::geteuid().is_root().then(postgres_user);
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).expect("give the folder away");
        }
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("write");
        let new = Self { folder, programs, owner, port: servers::free_port(), server: Mutex::new(None) };
        let made = new
            .command("initdb")
            .args(["--auth=scram-sha-256", "--username=desk", "--encoding=UTF8", "--locale=C", "--no-sync", "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(new.data())
            .output()
            .expect("run initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        new.run();
        new
    }

    /// SIGKILL, and a new start on what it had written.
    pub fn restart(&self) {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.run();
    }

    /// Makes it speak TLS, too, with a certificate for its address; the file with the root that signed it.
    pub fn speak_tls(&self) -> PathBuf {
        let folder = self.folder.path();
        std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").expect("write");
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for arguments in [
            format!("req -x509 {key} -keyout root.key -out root.pem -days 2 -subj /CN=root"),
            format!("req {key} -keyout data/server.key -out server.csr -subj /CN=server"),
            "x509 -req -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -out data/server.crt -days 2 -extfile names"
                .to_owned(),
        ] {
            let mut command = Command::new(servers::find("openssl", &[], "Debian's `openssl`"));
            command.args(arguments.split(' ')).current_dir(folder);
            if let Some((user, group)) = self.owner {
                command.uid(user).gid(group);
            }
            let made = command.output().expect("run openssl");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        std::fs::write(self.data().join("postgresql.auto.conf"), "ssl = on\n").expect("write");
        self.restart();
        folder.join("root.pem")
    }

    /// What a query gives, one row a line.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let mut command = self.command("psql");
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-U",
            "desk",
            "-d",
            "postgres",
            "-At",
            "-c",
            sql,
        ]);
        let output = command.env("PGPASSWORD", PASSWORD).output().expect("run psql");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn address(&self) -> SocketAddr {
        servers::at(self.port)
    }

    /// Starts the server on what stands in its folder. Without fsync: processes die here, machines do not.
    fn run(&self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-F"]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        let server = Server::start(&mut command, self.address(), &self.folder.path().join("log"));
        // It listens before it has recovered.
        let is_ready = || {
            let mut asked = self.command("pg_isready");
            asked
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .is_ok_and(|status| status.success())
        };
        let tries =
            (0..900).take_while(|_| !is_ready()).map(|_| std::thread::sleep(std::time::Duration::from_millis(100)));
        assert!(tries.count() < 900, "the server does not recover");
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }
}

/// The user that Debian's package makes.
fn postgres_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").expect("read the users");
    let line =
        users.lines().find(|line| line.starts_with("postgres:")).expect("a user `postgres`, as the package makes it");
    let numbers: Vec<u32> = line.split(':').filter_map(|field| field.parse().ok()).collect();
    (numbers[0], numbers[1])
}
