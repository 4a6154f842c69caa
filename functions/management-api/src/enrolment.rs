//! New sign-in credentials: a password, an authenticator and recovery codes.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::administrator::Administrator;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::email::Email;
use shared::domain::organization::Organization;
use shared::domain::password::PasswordPlaintext;
use shared::domain::recovery_code::RecoveryCode;
use shared::domain::secret::Verifier;
use shared::domain::text::Name;
use shared::entropy;
use shared::keys::hashing::{HashParameters, Verification};
use totp_rs::Secret;
use zeroize::Zeroizing;

use crate::app::Management;
use crate::app::error::ApiError;
use crate::session::one_time_password::authenticator;

/// Issuer name that an authenticator shows next to the address.
const ISSUER_NAME: &str = "Countersign";
const KEY_BYTES: usize = 20;
/// The width and height of the picture, in pixels of its own.
const PICTURE: u32 = 240;

/// The key of a new authenticator. This response is the only one that contains it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Authenticator")]
pub(crate) struct AuthenticatorJson {
    /// The key in base32, to type in.
    secret: String,
    /// The key as an `otpauth://` URI.
    uri: String,
    /// The URI as a QR code, an `svg` element.
    qr_code_svg: String,
}

/// Creates an authenticator: the key sealed for the place that `bound_to` names, and its representation for display.
pub(crate) fn new_authenticator(
    app: &Management,
    email: &Email,
    bound_to: &str,
) -> Result<(SealedTotpKey, AuthenticatorJson), ApiError> {
    let key = Zeroizing::new(entropy::bytes::<KEY_BYTES>());
    let sealed = SealedTotpKey(app.data_key.seal(key.as_slice(), bound_to)?);
    let totp = authenticator(key.as_slice()).with_account_name(email.as_str()).with_issuer(Some(ISSUER_NAME)).build();
    let uri = totp.ok().and_then(|totp| totp.to_url().ok()).ok_or(ApiError::UnusableTotpKey)?;
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M).map_err(|_| ApiError::UnusableTotpKey)?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(PICTURE, PICTURE)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // an element inside a page has no document prologue
    let qr_code_svg = picture.find("<svg").and_then(|at| picture.get(at..)).unwrap_or_default().to_owned();
    let secret = Secret::from(key.to_vec()).to_base32();
    Ok((sealed, AuthenticatorJson { secret, uri, qr_code_svg }))
}

/// Returns the verifier of a newly chosen password, or rejects one that is too short or easily guessed.
pub(crate) async fn chosen_password(
    app: &Management,
    field: &'static str,
    password: &PasswordPlaintext,
    (email, name, organization): (&Email, &Name, Option<&Organization>),
) -> Result<Verifier, ApiError> {
    let mut known = vec![email.as_str(), name.as_str()];
    known.extend(organization.into_iter().flat_map(|of| [of.name.as_str(), of.key.as_str()]));
    password.check(&known).map_err(|error| ApiError::invalid(field, error.to_string()))?;
    Ok(app.hasher.hash(password.expose(), HashParameters::PASSWORD).await?)
}

/// Generates ten recovery codes and their verifiers. The codes are random, so a higher hash cost would not make
/// guessing harder.
pub(crate) async fn new_recovery_codes(app: &Management) -> Result<(Vec<RecoveryCode>, Vec<Verifier>), ApiError> {
    let (mut codes, mut verifiers) = (Vec::new(), Vec::new());
    for _ in 0..RecoveryCode::COUNT {
        let code = RecoveryCode::generate(&mut entropy::os_rng());
        verifiers.push(app.hasher.hash(code.expose(), HashParameters::SECRET_DEFAULT).await?);
        codes.push(code);
    }
    Ok((codes, verifiers))
}

/// Returns the index of the matching recovery code. All codes are tried, even after a match.
pub(crate) async fn place_of_recovery_code(
    app: &Management,
    administrator: &Administrator,
    presented: &RecoveryCode,
) -> Result<Option<usize>, ApiError> {
    let mut found = None;
    for (place, verifier) in administrator.recovery_codes.iter().enumerate() {
        let verified = app.hasher.verify(presented.expose(), verifier, HashParameters::SECRET_DEFAULT).await?;
        if matches!(verified, Verification::Match { .. }) {
            found = Some(place);
        }
    }
    Ok(found)
}
