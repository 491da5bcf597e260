//! The server that agents speak with: over the standard streams and over HTTP.

mod calls;
mod every_tool;
mod http;
mod stdio;
mod waits;
mod wire;
