//! Freshly started processes that want the same things at the same time, some of them killed.

mod beside;
mod field;
pub mod oracle;
mod readers;
mod together;
