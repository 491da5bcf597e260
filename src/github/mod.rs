//! GitHub's API: asking, being answered, and what goes wrong on the way.
//!
//! What should be on the page is decided in `domain::mirror`; here it is read and written. The only
//! room that knows octocrab. Its runtime is made when the first call is, on the caller's own thread, so
//! that a command that does not talk to GitHub pays nothing.

mod answer;
mod client;
mod deeds;
mod landing;
mod memory;
mod outward;
mod page;
mod perform;
mod place;
mod token;
mod trouble;
pub mod webhook;
mod whoami;
mod wire;

pub use answer::Answer;
pub use client::{Calls, Client, Method};
pub use deeds::Deeds;
pub use landing::Lander;
pub use memory::{Known, Memory};
pub use outward::{Outcome, Outward, who};
pub use page::{Reader, Trust};
pub use perform::{perform, request};
pub use place::{Place, find as find_place};
pub use token::{Source, Token};
pub use trouble::Trouble;
pub use whoami::{Limit, Rights, limit, me, rights};

use crate::coord::{Coord, Failure};

/// A client for the repository of this clone.
///
/// # Errors
/// When it is not known which repository that is, or who asks.
pub fn open(coord: &Coord) -> Result<Client, Failure> {
    let config = coord.repo().config();
    let place = find_place(config, coord.settings())?;
    let token = token::find(config, &place)?;
    Client::new(place, token)
}
