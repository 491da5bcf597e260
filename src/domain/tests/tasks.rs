//! The rules of tasks.

mod asking;

mod adding;
mod claiming;
mod collecting;
mod depending;
mod ending;
mod handing_out;
mod losing;
