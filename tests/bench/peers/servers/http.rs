//! As much of HTTP/1.1 as is needed to ask, and to be asked, with a text of known length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What came: the first line, and the text after the head.
pub struct Message {
    pub first: String,
    pub body: String,
}

/// Reads one request or answer; `None` when the other side has gone.
pub fn read(stream: &mut BufReader<TcpStream>) -> Option<Message> {
    let line = |stream: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        let count = stream.read_line(&mut line).ok()?;
        (count > 0).then(|| line.trim_end().to_owned())
    };
    let first = line(stream)?;
    let mut length = 0;
    loop {
        let header = line(stream)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Message { first, body })
}

/// Posts JSON on an open connection and returns the text of the answer.
pub fn post(stream: &mut BufReader<TcpStream>, path: &str, body: &str) -> Result<String, String> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .get_mut()
        .write_all(request.as_bytes())
        .map_err(|why| why.to_string())?;
    let answer = read(stream).ok_or("the connection was closed")?;
    match answer.first.split(' ').nth(1) {
        Some("200") => Ok(answer.body),
        _ => Err(format!("{} {}", answer.first, answer.body)),
    }
}
