//! Countersign through its front door: every test has its own deployment, over HTTP, with a clock that it moves.

#![allow(unreachable_pub, reason = "the harness and its tests are one crate")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; clippy knows only functions marked as tests"
)]

mod access_token;
mod administrators;
mod answers;
mod app;
mod audit;
mod aws_port;
mod bearer;
mod change_requests;
mod change_requests_machines;
mod change_requests_people;
mod change_requests_races;
mod change_requests_rules;
mod client_authentication;
mod commands;
mod desk_model;
mod desk_secrets;
mod desk_table;
mod documented;
mod framing;
mod introspection;
mod invariants;
mod lambda;
mod libraries;
mod local_stack;
mod malformed;
mod management;
mod metadata;
mod notifier;
mod notifier_ledger;
mod notifier_mail;
mod notifier_scale;
mod notifier_world;
mod openapi;
mod openapi_tools;
mod people;
mod process;
mod properties;
mod remote;
mod revocation;
mod rotation;
mod rotation_dropping;
mod rotation_properties;
mod rotation_world;
mod serving;
mod sources;
mod stored_items;
mod telemetry;
mod template;
mod token_request;
mod wire;
