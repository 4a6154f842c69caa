//! Protection against cross-site request forgery: checks that a browser's request comes from the deployment's own
//! pages.

use http::{HeaderMap, HeaderName, header};
use shared::http::Issuer;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Origin of the page that sent a request, as proved by its headers. No page can set these headers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// A page of this deployment.
    SameOrigin,
    /// A page of another site.
    Elsewhere,
    /// Unknown: programs other than browsers send none of the headers.
    Unknown,
}

impl Provenance {
    /// Reads `Sec-Fetch-Site` and `Origin`; either can prove the same origin.
    pub(crate) fn of(headers: &HeaderMap, issuer: &Issuer) -> Self {
        let site = headers.get(SEC_FETCH_SITE);
        let origin = headers.get(header::ORIGIN);
        if site.is_some_and(|site| site == "same-origin") || origin.is_some_and(|origin| origin == issuer.origin()) {
            Self::SameOrigin
        } else if site.is_some() || origin.is_some() {
            Self::Elsewhere
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_header_proves_the_same_origin_and_silence_proves_nothing() {
        let issuer = Issuer::parse("https://id.example:8443/realms/partner").unwrap();
        let of = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            Provenance::of(&headers.collect::<HeaderMap>(), &issuer)
        };
        assert_eq!(of(&[("sec-fetch-site", "same-origin")]), Provenance::SameOrigin);
        assert_eq!(of(&[("origin", "https://id.example:8443")]), Provenance::SameOrigin);
        for elsewhere in
            ["https://id.example", "http://id.example:8443", "https://id.example:8443.evil.example", "null"]
        {
            assert_eq!(of(&[("origin", elsewhere)]), Provenance::Elsewhere, "{elsewhere}");
        }
        for elsewhere in ["cross-site", "same-site", "none"] {
            assert_eq!(of(&[("sec-fetch-site", elsewhere)]), Provenance::Elsewhere, "{elsewhere}");
        }
        assert_eq!(of(&[]), Provenance::Unknown);
    }
}
