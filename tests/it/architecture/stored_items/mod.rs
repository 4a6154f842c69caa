//! Golden snapshots of stored items: a renamed attribute would lose the data of every deployment.

mod change_requests;
mod clients;
mod events;
mod expiring;
mod organizations;
mod people;
mod samples;
