//! Countersign through its front door: each test has its own deployment, reached over HTTP, and moves its clock.

#![allow(unreachable_pub, reason = "the harness and its tests are one crate")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; clippy knows only functions marked as tests"
)]

mod architecture;
mod lambda;
mod local;
mod management;
mod notifier;
mod people;
mod rotation;
mod support;
mod template;
mod token;
