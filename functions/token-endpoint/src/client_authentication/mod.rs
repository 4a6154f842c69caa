//! Client authentication (RFC 6749 section 2.3): the same for every endpoint. Each method has its own module.

mod credentials;
mod method;
mod secret;

use jiff::Timestamp;
use shared::domain::client::Client;

pub use credentials::{PresentedCredentials, PresentedSecret};
pub use method::AuthenticationMethod;

use crate::endpoint::TokenEndpoint;
use crate::error::{ClientFailure, TokenError};
use crate::form::Form;
use crate::request::FormRequest;

impl TokenEndpoint {
    /// Authenticates the client of a request.
    pub(crate) async fn authenticate(
        &self,
        request: &FormRequest,
        form: &Form<'_>,
        now: Timestamp,
    ) -> Result<Client, TokenError> {
        match PresentedCredentials::parse(&request.headers, form, self.tolerate_duplicate_credentials)? {
            PresentedCredentials::Secret(presented) => self.authenticate_secret(presented, request.source, now).await,
            PresentedCredentials::Assertion => Err(TokenError::InvalidClient(ClientFailure::Assertion)),
        }
    }
}
