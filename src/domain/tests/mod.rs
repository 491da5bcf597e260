//! The rules, one table each.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

mod book;
mod steps;
mod words;
mod world;

mod adopting;
mod agents;
mod circles;
mod damage;
mod features;
mod handing;
mod history;
mod holding;
mod keeping;
mod landing;
mod lapsing;
mod liveness;
mod messages;
mod notices;
mod queue;
mod relaying;
mod remembering;
mod stealing;
mod tasks;
mod waiting;
