//! Strict parsing of `application/x-www-form-urlencoded`: malformed input is refused, not repaired.

use std::borrow::Cow;

use crate::error::TokenError;

/// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable;

/// Decodes one name or value: `+` is a space, `%HH` a byte, the result UTF-8 (RFC 6749 appendix B).
///
/// # Errors
/// [`Undecodable`] where the text is malformed.
pub fn decode(text: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
    if !text.iter().any(|b| matches!(b, b'+' | b'%')) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| Undecodable);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|&b| char::from(b).to_digit(16)).ok_or(Undecodable);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).map_err(|_| Undecodable)?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| Undecodable)
}

/// The parameters of a request. An empty one counts as absent (RFC 6749 section 3.2). One may be a secret, so the type has
/// no `Debug`.
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Parses a body.
    ///
    /// # Errors
    /// `invalid_request` where a name or value is malformed.
    pub fn parse(body: &'a [u8]) -> Result<Self, TokenError> {
        let mut parameters = Vec::new();
        for pair in body.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at).unwrap_or((pair, &[]));
            let value = value.strip_prefix(b"=").unwrap_or(value);
            let (Ok(name), Ok(value)) = (decode(name), decode(value)) else {
                return Err(TokenError::InvalidRequest("The body is not valid application/x-www-form-urlencoded."));
            };
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter that must not be repeated (RFC 6749 section 3.2).
    ///
    /// # Errors
    /// `invalid_request` where it is given more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, TokenError> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            return Err(TokenError::InvalidRequest("A parameter is given more than once."));
        }
        Ok(value)
    }

    /// The values of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_appendix_b_decodes() {
        assert_eq!(decode(b"+%25%26%2B%C2%A3%E2%82%AC").unwrap(), " %&+£€");
        for bad in [&b"%"[..], b"%2", b"%zz", b"a%f", b"%ff", b"\xff"] {
            assert_eq!(decode(bad), Err(Undecodable), "{bad:?}");
        }
    }

    #[test]
    fn an_empty_parameter_is_absent_and_a_repeated_one_refused() {
        let form = Form::parse(b"a=1&b=&&b=2&c&a=3&x%20y=z=1").unwrap();
        assert!(form.one("a").is_err());
        assert_eq!(form.one("b").unwrap(), Some("2"));
        assert_eq!(form.one("c").unwrap(), None);
        assert_eq!(form.one("x y").unwrap(), Some("z=1"));
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "3"]);
    }
}
