//! The secrets of a client.

mod add;
mod delete;
mod list;
mod regenerate;
mod regenerate_own;
mod representation;
mod restore;
mod reveal;
mod switch;

pub(crate) use add::{AddedJson, add};
pub(crate) use delete::delete;
pub(crate) use list::{SecretsJson, list};
pub(crate) use regenerate::{PreviousJson, RegeneratedJson, regenerate};
pub(crate) use regenerate_own::regenerate_own;
pub(crate) use representation::{DeletedJson, RevealedJson, SecretJson, created, hint};
pub(crate) use restore::restore;
pub(crate) use reveal::reveal;
pub(crate) use switch::{deactivate, reactivate};

/// Path of the token endpoint, below the issuer.
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";
