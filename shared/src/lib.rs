//! Code shared by all Countersign functions.
//!
//! Dependencies point one way: `domain <- store`, `domain <- http`, `domain <- mail`; no function is known here.

pub mod aws;
pub mod backoff;
pub mod clock;
pub mod domain;
pub mod entropy;
pub mod env;
pub mod http;
pub mod keys;
pub mod mail;
pub mod store;
pub mod telemetry;
pub mod text;
