//! HTTP code that the functions share.

mod body;
pub mod issuer;
pub mod lambda;
pub mod layers;
pub mod problem;
pub mod source;
pub mod trace;

pub use body::{BodyError, read_body};
pub use issuer::Issuer;
pub use problem::Problem;
pub use source::Source;
