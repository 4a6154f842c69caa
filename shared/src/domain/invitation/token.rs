//! The token that a link ends with.

use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString as _};
use zeroize::Zeroizing;

use crate::domain::id::InvitationId;

const TOKEN_LENGTH: usize = 32;

/// The token of a link in clear: it can't be printed, serialized or copied, and is wiped when dropped.
pub struct InvitationToken {
    id: InvitationId,
    text: Zeroizing<String>,
}

impl InvitationToken {
    /// A new token for an invitation.
    pub fn generate(id: &InvitationId, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut text = Zeroizing::new(format!("{id}_"));
        Alphanumeric.append_string(rng, &mut text, TOKEN_LENGTH);
        Self { id: id.clone(), text }
    }

    /// Reads a presented token; none, where it has another form than every token.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        let (id, random) = text.rsplit_once('_')?;
        let well_formed = random.len() == TOKEN_LENGTH && random.bytes().all(|b| b.is_ascii_alphanumeric());
        let id = InvitationId::parse(id).ok().filter(|_| well_formed)?;
        Some(Self { id, text })
    }

    /// Whose token it says it is.
    #[must_use]
    pub fn id(&self) -> &InvitationId {
        &self.id
    }

    /// The token itself, for its link and for the digest that it is recognized by.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

/// The SHA-256 of a token, in base64url: what is stored, so that a copy of the table opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationDigest(pub String);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_token_reads_back_and_names_its_invitation() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(3);
        let id = InvitationId::random(&mut rng);
        let token = InvitationToken::generate(&id, &mut rng);
        let read = InvitationToken::parse(token.expose().to_owned()).unwrap();
        assert_eq!((read.id(), read.expose()), (&id, token.expose()));
        assert_eq!(token.expose().len(), 20 + 1 + 32);
        for bad in ["", "_", "inv_", &token.expose()[1..], &format!("{}x", token.expose()), &"a".repeat(53)] {
            assert!(InvitationToken::parse(bad.to_owned()).is_none(), "{bad}");
        }
    }
}
