//! The rules of the merge queue.

mod shop;

mod adding;
mod checking;
mod judging;
mod landing;
mod leaving;
mod moving;
mod ordering;
mod planning;
