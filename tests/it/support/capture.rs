//! One output stream of a running program, readable while the program runs.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

/// What a stream has brought so far. A thread reads it, so the program never waits for the test.
pub struct Capture(Arc<(Mutex<Stream>, Condvar)>);

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    closed: bool,
}

impl Capture {
    /// Starts to read `source`.
    pub fn of(mut source: impl Read + Send + 'static) -> Self {
        let stream = Arc::new((Mutex::new(Stream::default()), Condvar::new()));
        let filled = Arc::clone(&stream);
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            loop {
                // An error ends the stream as its end does: there is nothing more to come.
                let count = source.read(&mut chunk).unwrap_or(0);
                let mut stream = filled.0.lock().unwrap();
                stream.bytes.extend(&chunk[..count]);
                stream.closed = count == 0;
                if stream.closed {
                    filled.1.notify_all();
                    return;
                }
            }
        });
        Self(stream)
    }

    /// Whether every process that had the stream has closed it.
    pub fn is_closed(&self) -> bool {
        self.0.0.lock().unwrap().closed
    }

    /// Waits until it is closed, without looking again and again: dozens of racers would keep the
    /// machine busy with that. False when the deadline has passed.
    pub fn closes_by(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let stream = self.0.0.lock().unwrap();
        let is_open = |stream: &mut Stream| !stream.closed;
        self.0
            .1
            .wait_timeout_while(stream, left, is_open)
            .unwrap()
            .0
            .closed
    }

    /// All of it so far, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.0.lock().unwrap().bytes).into_owned()
    }
}
