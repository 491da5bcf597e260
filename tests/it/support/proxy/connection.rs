//! One connection through the proxy.
//!
//! What it knows of git's protocol is how to tell where a push stands: the client sends a request
//! line; the server lists its refs; the client sends commands and a pack, or an empty packet when
//! there is nothing to push; the server reports and closes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Behaviour, State, lock};

/// The packet that ends a list, and all that a client sends when there is nothing to push.
const FLUSH: &[u8] = b"0000";

/// Carries a connection to its end.
pub(super) fn carry(client: &TcpStream, upstream: u16, state: &Mutex<State>) -> io::Result<()> {
    register(client, state)?;
    if lock(state).behaviour == Behaviour::Hang {
        // The registered half keeps it open.
        return Ok(());
    }
    let request = packet(client)?;
    let is_push = count(&request, state);
    let server = TcpStream::connect(("127.0.0.1", upstream))?;
    register(&server, state)?;
    (&server).write_all(&request)?;

    let swallow = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = carry_answer(&server, client, &swallow);
            // The server is done or the client is gone: nothing can follow in either direction.
            close([client, &server]);
        });
        let sent = carry_push(client, &server, is_push, state, &swallow);
        if sent.is_err() {
            close([client, &server]);
        }
        sent
    })
}

/// Carries what the client sends, and decides what becomes of a push when its first packet is here.
///
/// By then the client has read all of the server's refs, so that whatever the server sends later
/// is its answer.
fn carry_push(
    mut client: &TcpStream,
    mut server: &TcpStream,
    is_push: bool,
    state: &Mutex<State>,
    swallow: &AtomicBool,
) -> io::Result<()> {
    if is_push {
        let first = packet(client)?;
        if first != FLUSH {
            match next_push(state) {
                Behaviour::CutBefore => return Err(io::ErrorKind::ConnectionAborted.into()),
                Behaviour::DropAnswer => swallow.store(true, Ordering::SeqCst),
                Behaviour::Pass | Behaviour::Hang => {}
            }
        }
        server.write_all(&first)?;
    }
    io::copy(&mut client, &mut server)?;
    server.shutdown(Shutdown::Write)
}

/// Carries what the server sends, or swallows it.
///
/// Swallowing goes on until the server closes. Closing at the first byte instead would be a race:
/// the server reports its progress before it moves refs, and a lost connection would stop it there.
fn carry_answer(
    mut server: &TcpStream,
    mut client: &TcpStream,
    swallow: &AtomicBool,
) -> io::Result<()> {
    let mut chunk = [0; 8192];
    loop {
        let count = server.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        if !swallow.load(Ordering::SeqCst) {
            client.write_all(&chunk[..count])?;
        }
    }
}

/// Reads one packet of git's protocol: four hexadecimal digits of length, then the rest.
fn packet(mut from: &TcpStream) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet)?;
    let length = str::from_utf8(&packet)
        .ok()
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    packet.resize(length.max(4), 0);
    from.read_exact(&mut packet[4..])?;
    Ok(packet)
}

/// Counts a connection by its request, and tells whether it is one that may push.
fn count(request: &[u8], state: &Mutex<State>) -> bool {
    let is_push = request[4..].starts_with(b"git-receive-pack ");
    let seen = &mut lock(state).seen;
    *(if is_push {
        &mut seen.pushes
    } else {
        &mut seen.fetches
    }) += 1;
    is_push
}

/// What is to become of a push; a behaviour that was set for one push is used up here.
fn next_push(state: &Mutex<State>) -> Behaviour {
    let mut state = lock(state);
    let behaviour = state.behaviour;
    if state.once {
        (state.behaviour, state.once) = (Behaviour::Pass, false);
    }
    behaviour
}

/// Lets the closing proxy end this stream, or fails when that has already happened.
fn register(stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut state = lock(state);
    if state.closing {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    state.streams.push(stream.try_clone()?);
    Ok(())
}

/// Closes connections in both directions; one that is closed already needs nothing.
fn close(streams: [&TcpStream; 2]) {
    for stream in streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
