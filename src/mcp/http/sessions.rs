//! Sessions of clients whose revision of the protocol has them: whose each is, and how many there are.
//!
//! A session is no proof of anything, so it is only ever used together with the token that began it.
//! One lasts longer than any call may wait; when there are too many the one that was silent longest
//! ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::super::caller::Who;

/// Most sessions at once: each takes some 50 KiB.
const SESSIONS_MAX: usize = 1_024;
/// How long a session may be silent: a day, which is how long a call may wait, and then some.
const SILENCE_MAX: Duration = Duration::from_secs(25 * 60 * 60);
/// How long an answer is kept for a client that lost its connection.
const KEPT: Duration = Duration::from_secs(5);

/// All sessions of one listener.
pub struct Sessions {
    manager: Arc<LocalSessionManager>,
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    who: Who,
    used: Instant,
}

impl Sessions {
    /// None yet.
    pub fn new() -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(SILENCE_MAX);
        manager.session_config.completed_cache_ttl = KEPT;
        Self {
            manager: Arc::new(manager),
            known: Mutex::default(),
        }
    }

    /// What the protocol's own side of them is.
    pub fn manager(&self) -> Arc<LocalSessionManager> {
        Arc::clone(&self.manager)
    }

    /// Whether there is this session, and `who` began it.
    pub async fn is_of(&self, id: &str, who: &Who) -> bool {
        let is_there = self.manager.sessions.read().await.contains_key(id);
        let mut known = self.known();
        if !is_there {
            known.remove(id);
        }
        match known.get_mut(id) {
            Some(known) if known.who == *who => {
                known.used = Instant::now();
                true
            }
            _ => false,
        }
    }

    /// Remembers who began a session.
    pub async fn begin(&self, id: &str, who: Who) {
        let used = Instant::now();
        let surplus = {
            let mut known = self.known();
            known.insert(id.to_owned(), Known { who, used });
            let is_full = known.len() > SESSIONS_MAX;
            let silent = known.iter().min_by_key(|(_, known)| known.used);
            let silent = silent.filter(|_| is_full).map(|(id, _)| id.clone());
            silent.inspect(|id| {
                known.remove(id);
            })
        };
        if let Some(id) = surplus {
            let _ = self.manager.close_session(&id.into()).await;
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
