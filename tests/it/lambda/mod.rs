//! The function artefacts in a real Lambda runtime.

mod artefacts;
mod figures;
