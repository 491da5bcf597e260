//! One output stream of a running program, readable while the program runs.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::thread;

/// What a stream has brought so far. A thread reads it, so the program never waits for the test.
pub struct Capture(Arc<Mutex<Stream>>);

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    closed: bool,
}

impl Capture {
    /// Starts to read `source`.
    pub fn of(mut source: impl Read + Send + 'static) -> Self {
        let stream = Arc::new(Mutex::new(Stream::default()));
        let filled = Arc::clone(&stream);
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            loop {
                // An error ends the stream as its end does: there is nothing more to come.
                let count = source.read(&mut chunk).unwrap_or(0);
                let mut stream = filled.lock().unwrap();
                stream.bytes.extend(&chunk[..count]);
                stream.closed = count == 0;
                if stream.closed {
                    return;
                }
            }
        });
        Self(stream)
    }

    /// Whether every process that had the stream has closed it.
    pub fn is_closed(&self) -> bool {
        self.0.lock().unwrap().closed
    }

    /// All of it so far, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap().bytes).into_owned()
    }
}
