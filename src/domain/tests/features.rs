//! Features: what is said of them, whom their claims meet, and what stops them.

mod asking;
mod drifting;
mod ending;
mod meeting;
mod pausing;
mod planning;
mod registering;
