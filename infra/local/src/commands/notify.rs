//! `countersign notify`: the reminders that are due.

use aws_config::SdkConfig;
use clap::Args;
use expiry_notifier::ExpiryNotifier;
use expiry_notifier::config::{Config, Zone};
use expiry_notifier::invocation::RunRequest;
use jiff::tz::TimeZone;
use shared::domain::email::Email;
use shared::domain::id::OrganizationKey;
use shared::mail::Mailer;

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions, Place, issuer_on_aws};

/// Sends the reminders that are due.
#[derive(Debug, Clone, Args)]
#[command(group = issuer_on_aws())]
pub struct Notify {
    /// Only to the people of this organization
    #[arg(long, value_name = "KEY")]
    organization: Option<OrganizationKey>,

    /// Send and write nothing: say what would be sent
    #[arg(long)]
    dry_run: bool,

    /// On AWS: the address that mail comes from, which SES may send for
    #[arg(long, value_name = "ADDRESS", requires = "aws")]
    sender: Option<Email>,

    /// On AWS: who is told where nobody of an organization can be
    #[arg(long, value_name = "ADDRESS", requires = "aws")]
    operator: Option<Email>,

    /// On AWS: the zone whose days count, such as Europe/Zurich [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "aws")]
    time_zone: Option<Zone>,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

impl Notify {
    /// Sends them.
    pub async fn run(self) -> Result<String, Failure> {
        let deployment = self.deployment.clone().open().await?;
        let done = self.on(&deployment).await;
        deployment.close().await;
        done
    }

    async fn on(self, deployment: &Deployment) -> Result<String, Failure> {
        let request = RunRequest { organization: self.organization.clone(), dry_run: self.dry_run };
        let summary = match &deployment.place {
            Place::Local(stack) => Box::pin(stack.notifier.run(&request, None)).await?,
            Place::Aws(aws) => Box::pin(self.on_aws(deployment, aws)?.run(&request, None)).await?,
        };
        let mut said = vec![serde_json::to_string_pretty(&summary)?];
        // on one machine nobody delivers: the mailbox ends with this command
        for mail in deployment.local().into_iter().flat_map(|stack| stack.aws.mailbox().mails()) {
            said.push(format!(
                "To: {}\nSubject: {}\n\n{}",
                mail.to.join(", "),
                mail.subject,
                mail.text.unwrap_or_default()
            ));
        }
        if summary.is_complete() {
            Ok(said.join("\n\n"))
        } else {
            Err(format!("{}\n\nNot everything was told; run it again to go on.", said.join("\n\n")).into())
        }
    }

    fn on_aws(self, deployment: &Deployment, aws: &SdkConfig) -> Result<ExpiryNotifier, Failure> {
        let config = Config {
            issuer: deployment.issuer.clone(),
            sender: self.sender.ok_or("name the address that mail comes from with --sender")?,
            operator: self.operator.ok_or("name who is told where nobody else can be with --operator")?,
            tables: deployment.tables(),
            zone: self.time_zone.unwrap_or(Zone(TimeZone::UTC)),
        };
        let mailer = Mailer::patient(aws, config.sender.clone());
        Ok(ExpiryNotifier::new(config, deployment.dynamodb.clone(), mailer, deployment.clock.clone()))
    }
}
