//! The cookie that carries a session.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use shared::domain::session::SessionDigest;
use shared::entropy;
use zeroize::Zeroizing;

/// The cookie's name; the prefix makes a browser insist on `Secure`, `Path=/` and no `Domain`.
pub const NAME: &str = "__Host-countersign-session";

const TOKEN_BYTES: usize = 32;

/// Token that proves a browser's session.
pub(crate) struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Generates a token of 256 random bits.
    pub(crate) fn random() -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(entropy::bytes::<TOKEN_BYTES>())))
    }

    /// Returns the digest to store; `None` if the token is malformed.
    pub(crate) fn digest(&self) -> Option<SessionDigest> {
        let bytes = URL_SAFE_NO_PAD.decode(self.0.as_bytes()).ok().filter(|bytes| bytes.len() == TOKEN_BYTES)?;
        Some(SessionDigest(URL_SAFE_NO_PAD.encode(digest(&SHA256, &bytes))))
    }

    /// Returns the `Set-Cookie` value that sets the cookie until the browser is closed.
    pub(crate) fn set(&self) -> String {
        built(self.0.as_str()).to_string()
    }
}

/// Returns the token of a request.
pub(crate) fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let ours = cookies.find(|cookie| cookie.name() == NAME)?;
    Some(SessionToken(Zeroizing::new(ours.value().to_owned())))
}

/// Returns the `Set-Cookie` value that removes the cookie.
pub(crate) fn cleared() -> HeaderValue {
    HeaderValue::from_static("__Host-countersign-session=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0")
}

fn built(value: &str) -> Cookie<'_> {
    Cookie::build((NAME, value)).path("/").secure(true).http_only(true).same_site(SameSite::Strict).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_the_cookie_that_carried_it() {
        let given = SessionToken::random();
        let set = given.set();
        let (pair, attributes) = set.split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/");
        let cookies = format!("a=b; {pair}; c=d");
        let headers = HeaderMap::from_iter([(header::COOKIE, cookies.parse().unwrap())]);
        assert_eq!(token(&headers).unwrap().digest(), given.digest());
        assert!(given.digest().is_some());
    }

    #[test]
    fn text_of_another_form_has_no_digest() {
        for text in ["", "short", &"a".repeat(44), &"%".repeat(43)] {
            assert_eq!(SessionToken(Zeroizing::new(text.to_owned())).digest(), None, "{text}");
        }
    }

    #[test]
    fn the_cookie_that_clears_names_the_same_cookie() {
        let cleared = Cookie::parse(cleared().to_str().unwrap().to_owned()).unwrap();
        assert_eq!((cleared.name(), cleared.value(), cleared.path()), (NAME, "", Some("/")));
    }
}
