//! The demo that a first start creates: an organization with resources, clients and people.

pub mod credentials;
pub mod seed;

pub use credentials::{BANKING, Credentials, ORGANIZATION, Person};
pub use seed::client_id;
