//! What is done about an administrator's account.

use serde::{Deserialize, Serialize};

use crate::domain::administrator::change::{RemoveAdministrator, UpdateAdministrator};
use crate::domain::email::Email;
use crate::domain::invitation::{Invite, ResetAdministrator};

/// Something to be done about somebody's account: what could make an approver, or unmake one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum PersonCommand {
    /// Mail them a link, with which they make one.
    #[serde(rename = "administrator.invite")]
    Invite(Invite),
    /// Give them another name, or other privileges.
    #[serde(rename = "administrator.update")]
    Update(UpdateAdministrator),
    /// Take it away.
    #[serde(rename = "administrator.remove")]
    Remove(RemoveAdministrator),
    /// Let them choose password and authenticator anew.
    #[serde(rename = "administrator.reset")]
    Reset(ResetAdministrator),
}

impl PersonCommand {
    /// The word of this action in JSON.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Invite(_) => "administrator.invite",
            Self::Update(_) => "administrator.update",
            Self::Remove(_) => "administrator.remove",
            Self::Reset(_) => "administrator.reset",
        }
    }

    /// What it does to whoever has this address, in one sentence; `fields` are those that it changes.
    pub(super) fn summary(&self, email: &Email, fields: &[&str]) -> String {
        match self {
            Self::Invite(invite) => format!("Invite {email}, \"{}\", as an administrator.", invite.name),
            Self::Update(_) => format!("Change the administrator {email}: {}.", fields.join(", ")),
            Self::Remove(_) => format!("Remove the administrator {email}."),
            Self::Reset(_) => format!("Let the administrator {email} choose password and authenticator anew."),
        }
    }
}
