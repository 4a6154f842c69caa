//! Parses the credentials of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use zeroize::Zeroizing;

use crate::error::{ClientFailure, TokenError};
use crate::form::{Form, decode};

/// The longest secret that is accepted, in bytes. Generated ones have 54.
const SECRET_LIMIT: usize = 512;

const MULTIPLE: TokenError = TokenError::InvalidRequest("More than one way of client authentication is used.");

/// The credentials of a request, not yet verified.
pub enum PresentedCredentials {
    /// A client secret.
    Secret(PresentedSecret),
    /// A client assertion (RFC 7521 section 4.2).
    Assertion,
}

/// A client_id with its secret (RFC 6749 section 2.3.1).
pub struct PresentedSecret {
    /// The client_id.
    pub client_id: String,
    /// The secret.
    pub secret: Zeroizing<String>,
}

impl PresentedCredentials {
    /// Parses the credentials in the `Authorization` header or the form of a request.
    ///
    /// Both at once are "multiple credentials" (RFC 6749 section 5.2), unless `tolerate_duplicates` and they are the
    /// same byte for byte. A `client_id` in the form must equal that of the header.
    ///
    /// # Errors
    /// `invalid_client` where there are none that can be used, `invalid_request` where they are malformed or more than
    /// one.
    pub fn parse(headers: &HeaderMap, form: &Form<'_>, tolerate_duplicates: bool) -> Result<Self, TokenError> {
        let from_header = basic(headers)?;
        let id = form.one("client_id")?;
        let secret = form.one("client_secret")?;
        if form.one("client_assertion")?.is_some() || form.one("client_assertion_type")?.is_some() {
            return if from_header.is_none() && secret.is_none() { Ok(Self::Assertion) } else { Err(MULTIPLE) };
        }
        let presented = match (from_header, id, secret) {
            (Some(header), id, secret) => {
                if id.is_some_and(|id| id != header.client_id) {
                    return Err(TokenError::InvalidRequest("The client_id differs from that of the header."));
                }
                let duplicate = id.is_some() && secret.is_some_and(|secret| secret == header.secret.as_str());
                if secret.is_some() && !(tolerate_duplicates && duplicate) {
                    return Err(MULTIPLE);
                }
                header
            }
            (None, Some(id), Some(secret)) => PresentedSecret::checked(id, secret)?,
            (None, _, _) => return Err(TokenError::InvalidClient(ClientFailure::Missing)),
        };
        Ok(Self::Secret(presented))
    }
}

impl PresentedSecret {
    fn checked(client_id: &str, secret: &str) -> Result<Self, TokenError> {
        let control = |text: &str| text.chars().any(char::is_control);
        if control(client_id) || control(secret) {
            return Err(TokenError::InvalidRequest("The credentials contain control characters."));
        }
        if client_id.is_empty() || secret.is_empty() || secret.len() > SECRET_LIMIT {
            return Err(TokenError::InvalidClient(ClientFailure::Failed));
        }
        Ok(Self { client_id: client_id.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
    }
}

/// Parses a Basic header: base64, split at the first colon, each half form-decoded (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<PresentedSecret>, TokenError> {
    const MALFORMED: TokenError = TokenError::InvalidRequest("The Authorization header is not a valid Basic one.");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(TokenError::InvalidRequest("The Authorization header is given more than once."));
    }
    let value = value.to_str().map_err(|_| MALFORMED)?;
    let (scheme, encoded) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(TokenError::InvalidClient(ClientFailure::NotBasic));
    }
    let pair = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| MALFORMED)?);
    let colon = pair.iter().position(|&b| b == b':').ok_or(MALFORMED)?;
    let (client_id, secret) = pair.split_at_checked(colon).ok_or(MALFORMED)?;
    let secret = secret.strip_prefix(b":").ok_or(MALFORMED)?;
    let client_id = decode(client_id).map_err(|_| MALFORMED)?;
    let secret = Zeroizing::new(decode(secret).map_err(|_| MALFORMED)?.into_owned());
    PresentedSecret::checked(&client_id, &secret).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(header: &str) -> Result<(String, String), TokenError> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, header.parse().unwrap())]);
        match PresentedCredentials::parse(&headers, &Form::parse(b"").unwrap(), false)? {
            PresentedCredentials::Secret(found) => Ok((found.client_id, found.secret.to_string())),
            PresentedCredentials::Assertion => panic!("there is no assertion"),
        }
    }

    #[test]
    fn the_vector_with_every_awkward_character_decodes() {
        let pair = presented(
            "Basic MVBwRyUyRlErMTp6JTJGdFo5VndGWnFBcG1JUSUyQlpIMUk1cExrJTJGdUI0dWQlM0FYMiUyRjhiTCUyQndmRlR0MXJGdyUzRA==",
        );
        let secret = "z/tZ9VwFZqApmIQ+ZH1I5pLk/uB4ud:X2/8bL+wfFTt1rFw=";
        assert_eq!(pair.unwrap(), ("1PpG/Q 1".to_owned(), secret.to_owned()));
    }

    #[test]
    fn a_client_that_escapes_even_hyphen_and_underscore_is_understood() {
        let pair = presented("bAsIc YWNtZSUyRGJhY2tlbmQ6YWslNUZsaXZlJTVGQWIx");
        assert_eq!(pair.unwrap(), ("acme-backend".to_owned(), "ak_live_Ab1".to_owned()));
    }

    #[test]
    fn what_is_no_basic_pair_is_refused() {
        for bad in [
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic YWJj",
            "Basic YTolenp6",
            "Basic YTr/",
            "Basic YQphOmI=",
            "Basic YTpi,Basic YTpi",
        ] {
            assert!(matches!(presented(bad), Err(TokenError::InvalidRequest(_))), "{bad}");
        }
        for failed in ["Bearer abc", "Digest x", "Basic Og==", "Basic YTo=", "Basic OmI="] {
            assert!(matches!(presented(failed), Err(TokenError::InvalidClient(_))), "{failed}");
        }
    }
}
