//! Redis, and as much of its protocol as two commands need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use super::{Leash, connect, free_port, program, until};
use crate::world::World;

/// A server of its own.
pub struct Redis {
    pub port: u16,
    pub dir: PathBuf,
    pub leash: Leash,
}

impl Redis {
    /// Starts one that keeps all in memory, or one that flushes every command to its file.
    pub fn start(world: &World, is_flushed: bool) -> Result<Self, String> {
        let server = program("redis-server")?;
        let dir = world.path(&format!("redis-{is_flushed}"));
        std::fs::create_dir_all(&dir).map_err(|why| why.to_string())?;
        let port = free_port()?;
        let mut command = Command::new(server);
        command.current_dir(&dir);
        command.args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]);
        command.args(["--port", &port.to_string()]);
        if is_flushed {
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        }
        let leash = Leash::start(&command, "TERM")?;
        until("redis-server", || Connection::open(port)?.ask(&["PING"]))?;
        Ok(Self { port, dir, leash })
    }
}

/// An open connection.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(port: u16) -> Result<Self, String> {
        connect(port).map(Self)
    }

    /// Sends a command and returns what a plain answer says; nothing is the empty text.
    pub fn ask(&mut self, words: &[&str]) -> Result<String, String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request += &format!("${}\r\n{word}\r\n", word.len());
        }
        self.0
            .get_mut()
            .write_all(request.as_bytes())
            .map_err(|why| why.to_string())?;
        let head = self.line()?;
        let (kind, rest) = head.split_at(1);
        match kind {
            "+" | ":" => Ok(rest.to_owned()),
            "$" if rest.starts_with('-') => Ok(String::new()),
            "$" => {
                let length: usize = rest.parse().map_err(|_| head.clone())?;
                let mut body = vec![0; length + 2];
                self.0
                    .read_exact(&mut body)
                    .map_err(|why| why.to_string())?;
                Ok(String::from_utf8_lossy(&body[..length]).into_owned())
            }
            _ => Err(head),
        }
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.0.read_line(&mut line).map_err(|why| why.to_string())?;
        match line.trim_end() {
            "" => Err("the connection was closed".into()),
            line => Ok(line.to_owned()),
        }
    }
}
