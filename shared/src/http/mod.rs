//! HTTP manners that every function shares.

pub mod issuer;
pub mod lambda;
pub mod layers;
pub mod problem;
pub mod source;
pub mod trace;

pub use issuer::Issuer;
pub use problem::Problem;
pub use source::Source;
