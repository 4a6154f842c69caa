//! Generates secrets, with their verifiers and sealed copies.

use shared::domain::id::{ClientId, SecretId};
use shared::domain::organization::settings::Custody;
use shared::domain::secret::{MintedSecret, SealedSecret, SecretPlaintext};
use shared::entropy;

use crate::app::Management;
use crate::app::error::ApiError;

/// A new secret and its stored form.
pub(crate) struct Generated {
    pub(crate) plaintext: SecretPlaintext,
    pub(crate) minted: MintedSecret,
}

impl Generated {
    /// Generates a secret for a client, hashes it, and seals a copy if it can be revealed later.
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

/// Decrypts a copy that was sealed for this client and secret id.
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

/// Binds a sealed copy to its client and secret, so that it cannot be opened elsewhere.
fn place(client_id: &ClientId, id: &SecretId) -> String {
    format!("{client_id}/{id}")
}
