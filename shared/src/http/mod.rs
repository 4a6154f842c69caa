//! HTTP manners that every function shares.

pub mod issuer;
pub mod lambda;
pub mod layers;
mod limit;
pub mod problem;
pub mod source;
pub mod trace;

pub use issuer::Issuer;
pub use limit::is_over_limit;
pub use problem::Problem;
pub use source::Source;
