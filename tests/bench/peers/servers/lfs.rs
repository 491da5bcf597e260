//! A server for the locks of git-lfs, written for this comparison.
//!
//! It speaks the locking part of the LFS protocol and keeps the locks in memory: nothing is flushed,
//! nobody logs in, so it costs less than any that people run. What is measured is `git lfs`.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::http::{Message, read};

/// The locks by their path, each with its number.
#[derive(Default)]
struct Locks {
    last: u64,
    held: BTreeMap<String, u64>,
}

/// Listens as long as this program runs.
pub struct LfsServer {
    pub port: u16,
    locks: Arc<Mutex<Locks>>,
}

impl LfsServer {
    pub fn start() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| why.to_string())?;
        let port = listener.local_addr().map_err(|why| why.to_string())?.port();
        let locks = Arc::<Mutex<Locks>>::default();
        let shared = Arc::clone(&locks);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let locks = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &locks));
            }
        });
        Ok(Self { port, locks })
    }

    /// Puts locks in that nobody has to ask for.
    pub fn fill(&self, paths: impl Iterator<Item = String>) {
        let mut locks = self.locks.lock().expect("nobody panics");
        for path in paths {
            locks.last += 1;
            let id = locks.last;
            locks.held.insert(path, id);
        }
    }
}

fn serve(stream: TcpStream, locks: &Mutex<Locks>) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Some(message) = read(&mut stream) {
        let (status, body) = answer(&message, &mut locks.lock().expect("nobody panics"));
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/vnd.git-lfs+json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .get_mut()
            .write_all((head + &body).as_bytes())
            .is_err()
        {
            return;
        }
    }
}

fn answer(message: &Message, locks: &mut Locks) -> (&'static str, Value) {
    let mut words = message.first.split(' ');
    let (verb, address) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let asked: Value = serde_json::from_str(&message.body).unwrap_or_default();
    match (verb, parts.as_slice()) {
        ("POST", [.., "locks"]) => {
            let path = asked["path"].as_str().unwrap_or_default().to_owned();
            if let Some(id) = locks.held.get(&path) {
                let body = json!({ "lock": told(&path, *id), "message": "already created lock" });
                return ("409 Conflict", body);
            }
            locks.last += 1;
            locks.held.insert(path.clone(), locks.last);
            ("201 Created", json!({ "lock": told(&path, locks.last) }))
        }
        ("POST", [.., "locks", "verify"]) => {
            let theirs: Vec<Value> = locks
                .held
                .iter()
                .map(|(path, id)| told(path, *id))
                .collect();
            ("200 OK", json!({ "ours": [], "theirs": theirs }))
        }
        ("POST", [.., "locks", id, "unlock"]) => {
            let found = locks.held.iter().find(|(_, mine)| mine.to_string() == *id);
            let Some((path, id)) = found.map(|(path, id)| (path.clone(), *id)) else {
                return ("404 Not Found", json!({ "message": "no such lock" }));
            };
            locks.held.remove(&path);
            ("200 OK", json!({ "lock": told(&path, id) }))
        }
        ("GET", [.., "locks"]) => {
            let wanted = query.split('&').find_map(|pair| pair.strip_prefix("path="));
            let wanted = wanted.map(|path| path.replace("%2F", "/"));
            let is_wanted = |path: &String| wanted.as_ref().is_none_or(|wanted| wanted == path);
            let held = locks.held.iter().filter(|(path, _)| is_wanted(path));
            let list: Vec<Value> = held.map(|(path, id)| told(path, *id)).collect();
            ("200 OK", json!({ "locks": list }))
        }
        _ => ("404 Not Found", json!({ "message": "not served here" })),
    }
}

fn told(path: &str, id: u64) -> Value {
    json!({
        "id": id.to_string(),
        "path": path,
        "locked_at": "2026-01-01T00:00:00Z",
        "owner": { "name": "bench" },
    })
}
