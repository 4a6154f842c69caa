//! The link of an invitation: its token and the stored digest.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::domain::id::InvitationId;
use shared::domain::invitation::{Invitation, InvitationDigest, InvitationToken};
use shared::entropy;
use shared::http::Issuer;

/// Path of the console page that opens an invitation.
const PATH: &str = "/console/#/invitation/";

/// The link of one invitation. It cannot be printed, because anyone who has it can use it.
pub(crate) struct Link {
    id: InvitationId,
    token: InvitationToken,
}

impl Link {
    /// Creates the link of a new invitation.
    pub(crate) fn new() -> Self {
        Self::to(&InvitationId::random(&mut entropy::os_rng()))
    }

    /// Creates another link of an existing invitation.
    pub(crate) fn to(id: &InvitationId) -> Self {
        Self { id: id.clone(), token: InvitationToken::generate(id, &mut entropy::os_rng()) }
    }

    /// Returns the digest to store.
    pub(crate) fn digest(&self) -> InvitationDigest {
        digest_of(&self.token)
    }

    /// Returns the invitation's id and the digest of the link.
    pub(crate) fn named(&self) -> (InvitationId, InvitationDigest) {
        (self.id.clone(), self.digest())
    }

    /// Returns the URL for a mail.
    pub(crate) fn url(&self, issuer: &Issuer) -> String {
        issuer.url(&format!("{PATH}{}", self.token.expose()))
    }
}

/// Checks in constant time that the token belongs to this invitation's link.
pub(crate) fn is_of(token: &InvitationToken, invitation: &Invitation) -> bool {
    let presented = digest_of(token);
    verify_slices_are_equal(presented.0.as_bytes(), invitation.digest.0.as_bytes()).is_ok()
}

fn digest_of(token: &InvitationToken) -> InvitationDigest {
    InvitationDigest(URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes())))
}
