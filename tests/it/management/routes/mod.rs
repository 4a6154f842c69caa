//! Rules that hold for every route.

mod access;
mod approval;
mod samples;
