//! The rig proves itself with plain git, so that a failure elsewhere is not the rig's.

mod faults;
mod running;
mod servers;
mod worlds;
