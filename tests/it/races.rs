//! Freshly started processes that want the same things at the same time, some of them killed.

mod readers;
