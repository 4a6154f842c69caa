//! What a password has to be (NIST SP 800-63B section 3.1.1.2): long, and none that is tried first. No rule asks for
//! signs of a kind, and none for a change from time to time.

use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

/// A password in clear: it can't be printed, serialized or copied, and is wiped when dropped.
pub struct PasswordPlaintext(Zeroizing<String>);

impl PasswordPlaintext {
    /// The longest password that is hashed, in bytes.
    pub const MAX_BYTES: usize = 512;

    /// Wraps a presented password.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password itself, for the hash that verifies it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A password that its owner should not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer characters than it needs.
    #[error("must have at least {} characters", PasswordPlaintext::MIN_CHARACTERS)]
    TooShort,
    /// One of those that are tried first. What makes it so is said in the library's own fixed words.
    #[error("is too easy to guess{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Guessable(Option<String>),
}

impl PasswordPlaintext {
    /// The shortest password that may be chosen, in characters.
    pub const MIN_CHARACTERS: usize = 12;

    /// How much of a password has to be left where all that anybody knows of its owner is taken away, in characters.
    const MIN_OWN_CHARACTERS: usize = 8;

    /// Refuses a password that is short, known from breaches, or made of patterns or of `known`: what anybody knows of
    /// its owner, such as name and address.
    ///
    /// # Errors
    /// If the password is too short or easily guessed.
    pub fn check(&self, known: &[&str]) -> Result<(), WeakPassword> {
        if self.expose().chars().count() < Self::MIN_CHARACTERS {
            return Err(WeakPassword::TooShort);
        }
        let parts = |text: &&str| {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
            words.chain([*text]).map(str::to_owned).collect::<Vec<_>>()
        };
        let known: Vec<String> = known.iter().flat_map(parts).chain(["countersign".to_owned()]).collect();
        let mut own = self.expose().to_lowercase();
        for word in &known {
            own = own.replace(&word.to_lowercase(), "");
        }
        if own.chars().count() < Self::MIN_OWN_CHARACTERS {
            return Err(WeakPassword::Guessable(None));
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let estimate = zxcvbn(self.expose(), &known);
        if estimate.score() >= Score::Three {
            return Ok(());
        }
        let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
        Err(WeakPassword::Guessable(warning.map(|warning| warning.to_string().trim_end_matches('.').to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), WeakPassword> {
        PasswordPlaintext::new(password.to_owned()).check(&["ana.maria@acme.example", "Ana Maria Souza", "Acme Bank"])
    }

    #[test]
    fn what_is_tried_first_is_refused_and_a_phrase_is_taken() {
        assert_eq!(check("eleven char"), Err(WeakPassword::TooShort));
        for weak in [
            "password1234",
            "qwertyuiop12",
            "aaaaaaaaaaaaaaaa",
            "123456789012345",
            "iloveyou1234",
            "ana.maria@acme.example",
            "AnaMariaSouza1",
            "acme bank 2026",
            "countersign12",
            "ana.souza2026",
        ] {
            assert!(matches!(check(weak), Err(WeakPassword::Guessable(_))), "{weak}");
        }
        for good in
            ["correct horse battery staple", "seven violet tractors hum", "xK9#mQ2$vL7p", "日本語のパスワードです長い"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
