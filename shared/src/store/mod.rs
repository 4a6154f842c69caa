//! Storage in DynamoDB: concrete stores, one per aggregate, and the one function that commits a change.

pub mod administrators;
pub mod attempts;
pub mod audit;
pub mod backup;
mod batch;
pub mod change_requests;
pub mod clients;
mod condition;
mod error;
pub mod idempotency;
pub mod item;
pub mod organizations;
mod page;
mod read;
pub mod reminders;
pub mod revocations;
pub mod schema;
mod suspension;
mod tables;
mod write;

pub use condition::Condition;
pub use error::{CommitError, StoreError};
pub use item::Corrupt;
pub use page::{Cursor, InvalidCursor, Page};
pub use tables::Tables;
pub use write::{Expectation, Write};
