//! Signing in, step-up and the lifetime of a session.

mod lifetime;
mod limits;
mod sign_in;
mod step_up;
