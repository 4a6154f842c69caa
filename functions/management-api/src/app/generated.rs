//! Making a secret, and what of it may be kept.

use shared::domain::id::{ClientId, SecretId};
use shared::domain::organization::settings::Custody;
use shared::domain::secret::{MintedSecret, SealedSecret, SecretPlaintext};
use shared::entropy;

use crate::app::Management;
use crate::app::error::ApiError;

/// A new secret and what is kept of it.
pub(crate) struct Generated {
    pub(crate) plaintext: SecretPlaintext,
    pub(crate) minted: MintedSecret,
}

impl Generated {
    /// Makes a secret for a client, hashes it, and seals a copy where it may be shown again.
    pub(crate) async fn new(app: &Management, client_id: &ClientId, custody: Custody) -> Result<Self, ApiError> {
        let plaintext = SecretPlaintext::generate(&mut entropy::os_rng());
        let verifier = app.hasher.hash(plaintext.expose(), app.hash_parameters).await?;
        let id = plaintext.id().clone();
        let sealed = match custody {
            Custody::Once => None,
            Custody::Revealable => {
                Some(SealedSecret(app.data_key.seal(plaintext.expose().as_bytes(), &place(client_id, &id))?))
            }
        };
        Ok(Self { plaintext, minted: MintedSecret { id, verifier, sealed } })
    }
}

/// The secret in clear again, from a copy that was sealed for this client and this id.
pub(crate) fn opened(
    app: &Management,
    client_id: &ClientId,
    id: &SecretId,
    SealedSecret(sealed): &SealedSecret,
) -> Result<SecretPlaintext, ApiError> {
    let bytes = app.data_key.open(sealed, &place(client_id, id)).map_err(|_| ApiError::SealedSecret)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ApiError::SealedSecret)?;
    SecretPlaintext::parse(text).map_err(|_| ApiError::SealedSecret)
}

/// What a copy is bound to: moved to another client or secret, it does not open.
fn place(client_id: &ClientId, id: &SecretId) -> String {
    format!("{client_id}/{id}")
}
