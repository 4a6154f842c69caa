//! Client secrets: their format, their states, and who may use one when.
//!
//! A secret reads `cs_<id>_<body><checksum>`: 12 characters that name it, 32 random ones (190.5 bits) and the
//! CRC-32 of all before it in six base-62 digits. Everything is `[A-Za-z0-9_]`, so a raw and a form-encoded
//! Basic header carry the same bytes, and a secret scanner can match and check it.

use jiff::Timestamp;
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString as _};
use zeroize::Zeroizing;

use super::id::SecretId;
use super::text::Label;
use super::time::{DAY_SECONDS, is_expired, plus_seconds};
use super::words::words;

const BODY_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A presented secret that cannot be one of ours: wrong form or wrong checksum. It costs no read and no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a client secret: the form or the checksum is wrong")]
pub struct MalformedSecret;

/// A secret in clear. It can't be printed, serialized or copied, and is wiped when dropped.
pub struct SecretPlaintext {
    id: SecretId,
    text: Zeroizing<String>,
}

impl SecretPlaintext {
    /// A new secret under a new id.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let id = SecretId::random(rng);
        let mut text = Zeroizing::new(format!("{id}_"));
        Alphanumeric.append_string(rng, &mut text, BODY_LENGTH);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self { id, text }
    }

    /// Reads a presented secret and checks its form and checksum.
    ///
    /// # Errors
    /// If the form or the checksum is wrong.
    pub fn parse(text: &str) -> Result<Self, MalformedSecret> {
        let (head, given) =
            text.len().checked_sub(CHECKSUM_LENGTH).and_then(|at| text.split_at_checked(at)).ok_or(MalformedSecret)?;
        let (id, body) = head.rsplit_once('_').ok_or(MalformedSecret)?;
        let well_formed = body.len() == BODY_LENGTH && body.bytes().all(|b| b.is_ascii_alphanumeric());
        if !well_formed || checksum(head) != given {
            return Err(MalformedSecret);
        }
        let id = SecretId::parse(id).map_err(|_| MalformedSecret)?;
        Ok(Self { id, text: Zeroizing::new(text.to_owned()) })
    }

    /// The id inside the secret, which may be shown.
    #[must_use]
    pub fn id(&self) -> &SecretId {
        &self.id
    }

    /// The secret itself, for the one answer that shows it and for the hash that verifies it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

fn checksum(head: &str) -> String {
    let mut rest = crc32fast::hash(head.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        if let Some(&symbol) = BASE62.get(rest as usize % 62) {
            *digit = symbol;
        }
        rest /= 62;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

/// The Argon2id PHC string that a secret or a password is verified against.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Wraps a PHC string.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for storage and verification only.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(withheld)")
    }
}

/// The copy of a secret that may be shown again: sealed with the deployment's data key, bound to client and secret id.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(pub String);

impl std::fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedSecret(withheld)")
    }
}

/// What is kept of a secret that was just made.
#[derive(Debug, Clone)]
pub struct MintedSecret {
    /// Names it.
    pub id: SecretId,
    /// Verifier of a presented secret.
    pub verifier: Verifier,
    /// The copy that may be shown again, where there is one.
    pub sealed: Option<SealedSecret>,
}

impl MintedSecret {
    /// What stands for a secret where a change is tried out; nothing that anybody presents matches it.
    #[must_use]
    pub fn stand_in() -> Self {
        Self { id: SecretId::stand_in(), verifier: Verifier::new(String::new()), sealed: None }
    }
}

/// Without a copy that may be shown again.
impl From<(&SecretPlaintext, Verifier)> for MintedSecret {
    fn from((plaintext, verifier): (&SecretPlaintext, Verifier)) -> Self {
        Self { id: plaintext.id().clone(), verifier, sealed: None }
    }
}

/// What an administrator made of a secret; time does the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// In use.
    Active,
    /// Switched off; it can be switched on again.
    Deactivated {
        /// Since when.
        at: Timestamp,
    },
    /// Deleted; for a while it can be restored.
    Deleted {
        /// Since when.
        at: Timestamp,
        /// Since when it had been switched off before, if it had.
        deactivated_at: Option<Timestamp>,
    },
}

impl SecretState {
    /// What a secret in this state, with this validity, is good for at `now`. What an administrator did outweighs
    /// what time did.
    #[must_use]
    pub fn status(self, not_before: Timestamp, expires_at: Option<Timestamp>, now: Timestamp) -> SecretStatus {
        match self {
            Self::Deleted { .. } => SecretStatus::Deleted,
            Self::Deactivated { .. } => SecretStatus::Deactivated,
            Self::Active if is_expired(expires_at, now) => SecretStatus::Expired,
            Self::Active if now < not_before => SecretStatus::NotYetValid,
            Self::Active => SecretStatus::Usable,
        }
    }
}

/// Status of a secret at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretStatus {
    /// A token request with it succeeds.
    Usable,
    /// Its not-before lies ahead.
    NotYetValid,
    /// Its `expires_at` has come.
    Expired,
    /// An administrator deactivated it.
    Deactivated,
    /// An administrator deleted it.
    Deleted,
}

words!(SecretStatus {
    Usable = "active",
    NotYetValid = "not_yet_valid",
    Expired = "expired",
    Deactivated = "deactivated",
    Deleted = "deleted",
});

/// When and from where a secret last got a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUsed {
    /// When, exact to an hour.
    pub at: Timestamp,
    /// The network that it came from: an IPv4 /24 or an IPv6 /48.
    pub network: String,
}

/// One secret of a client, without its plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Names it.
    pub id: SecretId,
    /// Name shown to people.
    pub label: Label,
    /// Verifier of a presented secret.
    pub verifier: Verifier,
    /// Time of creation.
    pub created_at: Timestamp,
    /// From when on it works.
    pub not_before: Timestamp,
    /// From when on it works no more; none is never.
    pub expires_at: Option<Timestamp>,
    /// What an administrator made of it.
    pub state: SecretState,
    /// The secret that a regeneration made in its place.
    pub replaced_by: Option<SecretId>,
    /// The copy that may be shown again, where one was made.
    pub sealed: Option<SealedSecret>,
    /// Its last use, where there was one.
    pub last_used: Option<LastUsed>,
}

impl Secret {
    /// A deleted secret is kept for this many seconds; then nothing is left of it.
    pub const DELETED_KEPT_SECONDS: i64 = 30 * DAY_SECONDS;

    /// What it is good for at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> SecretStatus {
        self.state.status(self.not_before, self.expires_at, now)
    }

    /// Whether it counts against the hard limit: all but the deleted and the expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !matches!(self.state, SecretState::Deleted { .. }) && !is_expired(self.expires_at, now)
    }

    /// Whether it counts against the organization's limit: one that lives out its overlap does not, since its
    /// successor counts in its place.
    #[must_use]
    pub fn is_counted(&self, now: Timestamp) -> bool {
        self.is_live(now) && self.replaced_by.is_none()
    }

    /// Whether the client can go on with it: it works now or later, and nothing has come in its place.
    #[must_use]
    pub fn is_lasting(&self, now: Timestamp) -> bool {
        self.is_counted(now) && self.state == SecretState::Active
    }

    /// Until when something is left of it, where it is deleted.
    #[must_use]
    pub fn kept_until(&self) -> Option<Timestamp> {
        match self.state {
            SecretState::Deleted { at, .. } => Some(plus_seconds(at, Self::DELETED_KEPT_SECONDS)),
            SecretState::Active | SecretState::Deactivated { .. } => None,
        }
    }

    /// Until when it can be restored, where it is deleted: while it is kept and would not come back expired.
    #[must_use]
    pub fn restorable_until(&self) -> Option<Timestamp> {
        self.kept_until().map(|until| self.expires_at.map_or(until, |end| end.min(until)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_secret_reads_back_and_a_typo_anywhere_is_refused() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(7);
        let secret = SecretPlaintext::generate(&mut rng);
        let text = secret.expose();
        assert_eq!(text.len(), 54);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let read = SecretPlaintext::parse(text).ok().unwrap();
        assert_eq!(read.id(), secret.id());
        assert!(text.starts_with(&format!("{}_", secret.id())));
        for at in 0..text.len() {
            let mut typo = text.as_bytes().to_vec();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            assert!(SecretPlaintext::parse(std::str::from_utf8(&typo).unwrap()).is_err(), "typo at {at}");
        }
    }

    #[test]
    fn text_of_any_other_form_is_no_secret() {
        for bad in ["", "cs_", "______", "ääääääää", "cs_AAAAAAAAAAAA_", &"a".repeat(54), &"é".repeat(27)] {
            assert!(SecretPlaintext::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_checksum_is_crc32_in_six_base62_digits() {
        assert_eq!(checksum(""), "000000");
        // CRC-32 of "123456789" is 0xCBF43926
        let mut value = 0_u64;
        for digit in checksum("123456789").bytes() {
            value = value * 62 + BASE62.iter().position(|&b| b == digit).unwrap() as u64;
        }
        assert_eq!(value, 0xCBF4_3926);
    }
}
