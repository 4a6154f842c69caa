//! Changes that wait for a second administrator.

pub mod lifecycle;
pub mod machines;
pub mod people;
pub mod races;
pub mod rules;
