//! What GitHub tells by itself: a delivery says that it is time to look, and nothing more.
//!
//! A delivery counts when it is signed with the secret that both sides know, over the very bytes that
//! came, before anything of them is read. What it says is not taken for true even then: the round that
//! it leads to asks GitHub itself. So one that is lost, late, doubled or out of order costs nothing but
//! a look.

mod deliveries;
mod hints;
mod receiver;
mod secret;
mod server;

pub use deliveries::Deliveries;
pub use hints::Hints;
pub use receiver::{PATH, Receiver};
pub use secret::{SECRET, Secret};
pub use server::{listen, serve};
