//! A Redis of the test's own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::wait_for;

/// `redis-server`, on a TCP port and a socket; killed when dropped.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
    password: Option<&'static str>,
}

impl Redis {
    pub fn start(password: Option<&'static str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = spawn(port, &folder, password);
        let redis = Self { child, port, folder, password };
        redis.wait_until_up();
        redis
    }

    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Another one in the same place. What the one before knew is gone.
    pub fn start_again(&mut self) {
        self.child = spawn(self.port, &self.folder, self.password);
        self.wait_until_up();
    }

    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// The lines of the answers to some commands.
    pub fn ask(&self, commands: &str) -> Vec<String> {
        self.try_ask(commands).unwrap()
    }

    fn try_ask(&self, commands: &str) -> std::io::Result<Vec<String>> {
        let mut stream = UnixStream::connect(self.socket())?;
        let login = self.password.map(|password| format!("AUTH {password}\r\n"));
        let login = login.unwrap_or_default();
        stream.write_all(format!("{login}{commands}\r\nQUIT\r\n").as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn wait_until_up(&self) {
        let is_up = || self.try_ask("PING").is_ok_and(|lines| lines.contains(&"+PONG".to_owned()));
        assert!(wait_for(Duration::from_secs(10), is_up), "redis-server does not answer");
    }
}

fn socket(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("redis.sock")
}

fn spawn(port: u16, folder: &tempfile::TempDir, password: Option<&str>) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--port", &port.to_string(), "--dir"]).arg(folder.path());
    command.arg("--unixsocket").arg(socket(folder));
    if let Some(password) = password {
        command.args(["--requirepass", password]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
        .spawn()
        .expect("redis-server must be on the PATH (Debian: apt-get install redis-server)")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
