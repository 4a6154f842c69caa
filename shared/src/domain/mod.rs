//! What Countersign is about, as values: no storage, no HTTP, no environment,
//! no clock and no randomness of its own. Time and random sources are parameters.

pub mod access_token;
pub mod administrator;
pub mod change_request;
pub mod client;
pub mod command;
pub mod email;
pub mod event;
pub mod grant;
pub mod id;
pub mod idempotency;
pub mod invitation;
pub mod machine;
pub mod organization;
pub mod password;
pub mod privilege;
pub mod recovery_code;
pub mod reminder;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod session;
pub mod text;
pub mod time;
mod words;
