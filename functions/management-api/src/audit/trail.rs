//! Selection of a trail.

use schemars::JsonSchema;
use shared::domain::event::Trail;
use shared::domain::id::OrganizationKey;
use shared::domain::privilege::Privilege;

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::query::Parameters;

/// The requested trail; by default that of the caller's own organization.
#[derive(Debug, JsonSchema)]
pub(crate) struct AskedTrail {
    /// The organization of the trail. Operators must set it or `trail`; for others it is their own.
    organization: Option<OrganizationKey>,
    /// The trail of the deployment itself, for operators.
    trail: Option<OtherTrail>,
}

/// A trail that belongs to no organization.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OtherTrail {
    Platform,
}

impl AskedTrail {
    /// Reads `organization` and `trail`, which exclude each other.
    pub(crate) fn read(parameters: &mut Parameters<'_>) -> Self {
        let organization = parameters.parsed("organization", str::parse);
        let trail = parameters.parsed("trail", |text| match text {
            "platform" => Ok(OtherTrail::Platform),
            _ => Err("must be `platform`, or left out for an organization's trail"),
        });
        if trail.is_some() && organization.is_some() {
            parameters.refuse("trail", "is not given together with `organization`");
        }
        Self { organization, trail }
    }

    /// Returns the trail if the caller can read it: the deployment's own trail is for operators only.
    pub(crate) async fn open(self, app: &Management, caller: &Caller) -> Result<Trail, ApiError> {
        match self.trail {
            None => {
                let organization = organizations::named_or_own(app, caller, self.organization).await?;
                Ok(Trail::Organization(organization.key))
            }
            Some(OtherTrail::Platform) => {
                caller.require(app, Privilege::PlatformOperate).await?;
                Ok(Trail::Platform)
            }
        }
    }
}
