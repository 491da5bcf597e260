//! Telling one client of the resources that it wants to hear of, in both of the protocol's ways.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, RoleServer, SubscriptionContext};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::task::AbortHandle;

use super::changes::Touched;
use super::resources;

/// What a client subscribed to, in revisions that have sessions. It ends with the last copy.
#[derive(Clone, Default)]
pub struct Subscribed(Arc<Mutex<State>>);

/// What a client wants to hear of, and the task that tells it.
#[derive(Default)]
struct State {
    uris: BTreeSet<String>,
    follower: Option<AbortHandle>,
}

impl Drop for State {
    fn drop(&mut self) {
        self.follower.iter().for_each(AbortHandle::abort);
    }
}

impl Subscribed {
    /// Adds a resource; the first one begins to listen.
    pub fn add(
        &self,
        uri: String,
        changes: impl FnOnce() -> Receiver<Touched>,
        peer: Peer<RoleServer>,
    ) {
        let mut state = locked(&self.0);
        state.uris.insert(uri);
        if state.follower.is_none() {
            let follower = follow(changes(), Arc::downgrade(&self.0), peer);
            state.follower = Some(tokio::spawn(follower).abort_handle());
        }
    }

    /// Takes one away; without any nobody listens.
    pub fn remove(&self, uri: &str) {
        let mut state = locked(&self.0);
        state.uris.remove(uri);
        if state.uris.is_empty() {
            state.follower.take().iter().for_each(AbortHandle::abort);
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells a client of what it subscribed to, as long as it is there.
async fn follow(
    mut changes: Receiver<Touched>,
    subscribed: Weak<Mutex<State>>,
    peer: Peer<RoleServer>,
) {
    while let Some(touched) = next(&mut changes).await {
        let Some(state) = subscribed.upgrade() else {
            return;
        };
        let wanted = locked(&state).uris.clone();
        drop(state);
        for uri in wanted.into_iter().filter(|uri| concerns(uri, &touched)) {
            let updated = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(updated).await.is_err() {
                return;
            }
        }
    }
}

/// Serves one subscription of the revisions without sessions, until it is cancelled.
pub async fn listen(mut changes: Receiver<Touched>, subscription: &SubscriptionContext) {
    let uris = subscription.accepted().resource_subscriptions.clone();
    let uris = uris.unwrap_or_default();
    loop {
        let heard = tokio::select! {
            heard = next(&mut changes) => heard,
            () = subscription.cancelled() => return,
        };
        let Some(touched) = heard else { return };
        for uri in uris.iter().filter(|uri| concerns(uri, &touched)) {
            let sent = subscription.sink().notify_resource_updated(uri.clone());
            if sent.await.is_err() {
                return;
            }
        }
    }
}

fn concerns(uri: &str, touched: &Touched) -> bool {
    resources::is_touched(uri, touched.as_ref().as_ref()).unwrap_or_default()
}

/// What changes next; anything, for one who did not listen fast enough. `None` at the end.
async fn next(changes: &mut Receiver<Touched>) -> Option<Touched> {
    match changes.recv().await {
        Ok(touched) => Some(touched),
        Err(RecvError::Lagged(_)) => Some(Arc::new(None)),
        Err(RecvError::Closed) => None,
    }
}
