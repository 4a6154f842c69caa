//! The function artefacts in the Lambda runtime interface emulator.

pub mod emulator;
pub mod event;
pub mod fixture;
