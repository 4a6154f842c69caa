//! The link of an invitation: its token, and what is kept of it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::domain::id::InvitationId;
use shared::domain::invitation::{Invitation, InvitationDigest, InvitationToken};
use shared::entropy;
use shared::http::Issuer;

/// Where the console takes up an invitation.
const PATH: &str = "/console/#/invitation/";

/// The link of one invitation. It can't be printed: whoever has it can use it.
pub(crate) struct Link {
    id: InvitationId,
    token: InvitationToken,
}

impl Link {
    /// A link of a new invitation.
    pub(crate) fn new() -> Self {
        Self::to(&InvitationId::random(&mut entropy::os_rng()))
    }

    /// Another link of an invitation.
    pub(crate) fn to(id: &InvitationId) -> Self {
        Self { id: id.clone(), token: InvitationToken::generate(id, &mut entropy::os_rng()) }
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> InvitationDigest {
        digest_of(&self.token)
    }

    /// The invitation's id, and what is kept of the link.
    pub(crate) fn named(&self) -> (InvitationId, InvitationDigest) {
        (self.id.clone(), self.digest())
    }

    /// The link as it stands in a mail.
    pub(crate) fn url(&self, issuer: &Issuer) -> String {
        issuer.url(&format!("{PATH}{}", self.token.expose()))
    }
}

/// Whether the token is the one of this invitation's link.
pub(crate) fn is_of(token: &InvitationToken, invitation: &Invitation) -> bool {
    let presented = digest_of(token);
    verify_slices_are_equal(presented.0.as_bytes(), invitation.digest.0.as_bytes()).is_ok()
}

fn digest_of(token: &InvitationToken) -> InvitationDigest {
    InvitationDigest(URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes())))
}
