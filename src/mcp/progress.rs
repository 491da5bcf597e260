//! What checks of the merge queue are at, as news of the call that runs them.

use tokio::sync::mpsc;

use crate::runner::{Event, Step, Watch};

/// Tells when a check begins and ends.
pub struct Checks<'n>(&'n mpsc::Sender<String>);

impl<'n> Checks<'n> {
    /// Tells it through this channel.
    pub fn telling(news: &'n mpsc::Sender<String>) -> Self {
        Self(news)
    }
}

impl Watch for Checks<'_> {
    fn told(&self, event: &Event<'_>) {
        let slot = event.slot;
        let text = match event.step {
            Step::Command { number, of, .. } => format!("check {slot}: command {number} of {of}"),
            Step::Ended(_) => format!("check {slot}: over"),
            Step::GivenUp => format!("check {slot}: given up"),
            Step::Preparing | Step::Running { .. } => return,
        };
        let _ = self.0.try_send(text);
    }
}
