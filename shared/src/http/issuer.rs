//! The configured issuer, below which every URL is.

use std::str::FromStr;

/// The longest issuer, in bytes: audiences are derived from it, and have at most 255.
const MAX_BYTES: usize = 200;

/// An issuer that is invalid (RFC 8414 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    /// The text is not an issuer URL.
    #[error(
        "an issuer is https://host[:port][/path] of at most {MAX_BYTES} bytes, without query, fragment or a slash at \
         its end; http only on loopback"
    )]
    Form,
    /// The host is missing.
    #[error("an issuer names a host, such as https://id.example")]
    Host,
    /// The port is invalid.
    #[error("the port of an issuer is a number from 1 to 65535, or left out with its colon")]
    Port,
    /// The path has a segment `.` or `..`, which clients remove before they send a request.
    #[error("the path of an issuer has no segment . or ..")]
    DotSegment,
}

/// The issuer identifier (RFC 8414 section 2). It comes from configuration, never from a request's `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin_length: usize,
}

impl Issuer {
    /// Parses an issuer. The text is kept byte for byte.
    ///
    /// # Errors
    /// [`InvalidIssuer`] says which part is invalid.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let uri: http::Uri = text.parse().map_err(|_| InvalidIssuer::Form)?;
        let authority = uri.authority().ok_or(InvalidIssuer::Form)?;
        let scheme = uri.scheme_str().ok_or(InvalidIssuer::Form)?;
        let loopback = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        let allowed_scheme = scheme == "https" || (scheme == "http" && loopback);
        let origin_length = scheme.len() + "://".len() + authority.as_str().len();
        let path = text.get(origin_length..).ok_or(InvalidIssuer::Form)?;
        let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b));
        let path_ok = path.is_empty() || (path.starts_with('/') && !path.ends_with('/') && !path.contains("//"));
        let user = authority.as_str().contains('@');
        if text.len() > MAX_BYTES || !allowed_scheme || user || !plain || !path_ok {
            return Err(InvalidIssuer::Form);
        }
        let host = authority.host();
        if host.is_empty() {
            return Err(InvalidIssuer::Host);
        }
        if authority.as_str() != host && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(InvalidIssuer::Port);
        }
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(InvalidIssuer::DotSegment);
        }
        Ok(Self { text: text.to_owned(), origin_length })
    }

    /// The issuer as text: the `iss` of every token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as a browser sends them in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin_length).unwrap_or(&self.text)
    }

    /// The path, such as `/realms/partner`; empty where there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.origin_length..).unwrap_or("")
    }

    /// The URL of a path below the issuer.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl FromStr for Issuer {
    type Err = InvalidIssuer;
    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_may_have_a_path_and_nothing_else() {
        let issuer = Issuer::parse("https://id.example:8443/realms/partner").unwrap();
        assert_eq!((issuer.origin(), issuer.path()), ("https://id.example:8443", "/realms/partner"));
        assert_eq!(issuer.url("/oauth2/token"), "https://id.example:8443/realms/partner/oauth2/token");
        assert_eq!(Issuer::parse("http://127.0.0.1:8080").unwrap().path(), "");
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "https://id.example/",
            "https://id.example/a/",
            "https://id.example/a//b",
            "https://id.example?x=1",
            "https://id.example/a#b",
            "https://u@id.example",
            "https://id.example/a b",
            "ftp://id.example",
        ] {
            assert_eq!(Issuer::parse(bad), Err(InvalidIssuer::Form), "{bad}");
        }
        for (bad, why) in [
            ("https://:80", InvalidIssuer::Host),
            ("https://id.example:99999", InvalidIssuer::Port),
            ("https://id.example:0", InvalidIssuer::Port),
            ("https://id.example:", InvalidIssuer::Port),
            ("https://id.example/a/../b", InvalidIssuer::DotSegment),
            ("https://id.example/.", InvalidIssuer::DotSegment),
        ] {
            assert_eq!(Issuer::parse(bad), Err(why), "{bad}");
        }
        assert!(Issuer::parse("https://id.example/a..b").is_ok());
        assert!(Issuer::parse("http://[::1]:8080").is_ok());
    }
}
