//! Recovery codes: ten words to keep, each of which signs in once where the authenticator is lost.

use rand::{CryptoRng, RngExt as _};
use zeroize::Zeroizing;

/// Without the letters and digits that are taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// A recovery code in clear, of 80 random bits: it can't be printed, serialized or copied, and is wiped when dropped.
pub struct RecoveryCode(Zeroizing<String>);

/// Text that has another form than every recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 16 letters and digits, as in abcd-efgh-jkmn-pqrs")]
pub struct MalformedCode;

impl RecoveryCode {
    /// Number of codes of an administrator.
    pub const COUNT: usize = 10;

    /// A new code.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(GROUPS * (GROUP + 1)));
        for at in 0..GROUPS * GROUP {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(ALPHABET.get(rng.random_range(..ALPHABET.len())).copied().map_or('a', char::from));
        }
        Self(text)
    }

    /// Reads a presented code, in either case, with or without what stands between its groups.
    ///
    /// # Errors
    /// If the text does not have the form of a recovery code.
    pub fn parse(text: String) -> Result<Self, MalformedCode> {
        let text = Zeroizing::new(text);
        let mut read = Zeroizing::new(String::with_capacity(GROUPS * (GROUP + 1)));
        let signs = text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase());
        for (at, sign) in signs.enumerate() {
            if at >= GROUPS * GROUP || !u8::try_from(sign).is_ok_and(|sign| ALPHABET.contains(&sign)) {
                return Err(MalformedCode);
            }
            if at > 0 && at % GROUP == 0 {
                read.push('-');
            }
            read.push(sign);
        }
        if read.len() == GROUPS * (GROUP + 1) - 1 { Ok(Self(read)) } else { Err(MalformedCode) }
    }

    /// The code itself, for the one answer that shows it and for the hash that verifies it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_code_reads_back_however_it_was_copied() {
        let code = RecoveryCode::generate(&mut rand::rngs::StdRng::seed_from_u64(5));
        let plain = code.expose().replace('-', "");
        assert_eq!((code.expose().len(), plain.len()), (19, 16));
        for copied in [code.expose().to_owned(), plain.clone(), format!(" {} ", plain.to_uppercase())] {
            assert_eq!(RecoveryCode::parse(copied).ok().unwrap().expose(), code.expose());
        }
        for bad in ["", "123456", &plain[1..], &format!("{plain}a"), &plain.replacen(&plain[..1], "1", 1), "ä"] {
            assert!(RecoveryCode::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
