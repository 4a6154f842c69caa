//! `countersign invite-operator`: how the first operator gets in, and any other when nobody can.

use clap::Args;
use management_api::invite_operator;
use shared::domain::email::Email;
use shared::domain::text::Name;

use super::Failure;
use super::deployment::{DeploymentOptions, issuer_on_aws};

/// Who is to become an operator, and where.
#[derive(Debug, Clone, Args)]
#[command(group = issuer_on_aws())]
pub struct InviteOperator {
    /// The address to sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: Email,

    /// What people call them
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    name: Name,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

impl InviteOperator {
    /// Makes the link.
    pub async fn run(self) -> Result<String, Failure> {
        let deployment = self.deployment.open().await?;
        let who = (self.email, self.name);
        let now = deployment.clock.now();
        let made = invite_operator(&deployment.administrators, &deployment.trail, &deployment.issuer, who, now).await;
        deployment.close().await;
        Ok(made?.link)
    }
}
