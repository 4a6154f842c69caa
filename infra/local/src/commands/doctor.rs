//! `countersign doctor`: checks that a deployment is healthy.

use std::fmt::Display;
use std::io::Write as _;

use aws_sdk_ses::Client as Ses;
use aws_sdk_ses::types::{IdentityVerificationAttributes, VerificationStatus};
use clap::Args;
use key_rotation::versions::{CURRENT, PENDING};
use serde_json::Value;
use shared::domain::email::Email;
use shared::domain::time::{DAY_SECONDS, plus_seconds};
use shared::keys::jwks::Jwks;
use shared::keys::vault::{VaultError, VaultFailure};
use shared::store::reminders::ReminderStore;
use shared::store::schema;
use shared::telemetry::chain;

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions, Place, issuer_on_aws};

/// Maximum difference between two clocks, in seconds: verifiers allow a minute.
const SKEW_SECONDS: i64 = 30;
/// Maximum number of days that a rotation may be behind its schedule, which Secrets Manager keeps to the day.
const LATE_DAYS: i64 = 7;
/// Highest quota of a sender that is still in the SES sandbox, in mails per day.
const SANDBOX_QUOTA: f64 = 200.0;

/// Checks a deployment.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Each line is one thing: `ok`, `warn` where it works and should be looked at, `fail` where it does not \
    work. With a failure the command ends with exit code 1.",
    group = issuer_on_aws()
)]
pub struct Doctor {
    /// On AWS: the address that mail comes from, to ask SES whether it may send for it
    #[arg(long, value_name = "ADDRESS", requires = "aws")]
    sender: Option<Email>,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// Result of one check.
enum Finding {
    Ok(String),
    /// Something that needs attention, and how to fix it.
    Warn(String, String),
    /// Failure, and how to fix it.
    Fail(String, String),
}

use Finding::{Fail, Ok as Well, Warn};

fn fail(what: impl Display, mend: &str) -> Finding {
    Fail(what.to_string(), mend.to_owned())
}

fn warn(what: impl Display, mend: &str) -> Finding {
    Warn(what.to_string(), mend.to_owned())
}

impl Doctor {
    /// Runs the checks. The report goes to standard output, whatever the result.
    pub async fn run(self) -> Result<String, Failure> {
        let deployment = self.deployment.open().await?;
        let d = &deployment;
        let mut findings =
            vec![("metadata", metadata(d).await), ("keys", published_keys(d).await), ("clock", clock(d).await)];
        findings.extend(tables(d).await);
        findings.extend([
            ("key set", key_set(d).await),
            ("rotation", rotation(d).await),
            ("public keys", public_keys(d).await),
            ("pepper", secret(d.vault().pepper(&d.secret("pepper")).await)),
            ("data key", secret(d.vault().data_key(&d.secret("data-key")).await)),
            ("reminders", reminders(d).await),
            ("mail", mail(d).await),
        ]);
        if let (Place::Aws(aws), Some(sender)) = (&d.place, &self.sender) {
            findings.push(("sender", identity(&Ses::new(aws), sender).await));
        }
        deployment.close().await;
        let failed = findings.iter().filter(|(_, finding)| matches!(finding, Fail(..))).count();
        let lines: Vec<String> = findings.iter().map(|(what, finding)| line(what, finding)).collect();
        let said = lines.join("\n");
        if failed == 0 {
            return Ok(said);
        }
        writeln!(std::io::stdout(), "{said}")?;
        Err(format!("not everything is well: of {} things {failed} do not work", findings.len()).into())
    }
}

fn line(what: &str, finding: &Finding) -> String {
    match finding {
        Well(how) => format!("ok    {what}: {how}"),
        Warn(how, mend) => format!("warn  {what}: {how}\n      {mend}"),
        Fail(how, mend) => format!("fail  {what}: {how}\n      {mend}"),
    }
}

async fn metadata(d: &Deployment) -> Finding {
    let mend = "Check that --issuer is COUNTERSIGN_ISSUER of the functions, and that its name leads to the HTTP API.";
    let url = d.issuer.url("/.well-known/openid-configuration");
    let answer = match d.get(&url).await {
        Ok(answer) => answer,
        Err(error) => return fail(chain(error.as_ref()), mend),
    };
    if !answer.status.is_success() {
        return fail(format_args!("{url} answers {}", answer.status), mend);
    }
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match document.get("issuer").and_then(Value::as_str) {
        Some(issuer) if issuer == d.issuer.as_str() => Well(format!("{url} names this issuer")),
        issuer => fail(format_args!("{url} names the issuer {}", issuer.unwrap_or("nobody")), mend),
    }
}

async fn published_keys(d: &Deployment) -> Finding {
    let url = d.issuer.url("/.well-known/jwks.json");
    let wait = "Wait five minutes and look again; if it stays so, see whether the token endpoint may read the key set.";
    let answer = match d.get(&url).await {
        Ok(answer) if answer.status.is_success() => answer,
        Ok(answer) => return fail(format_args!("{url} answers {}", answer.status), wait),
        Err(error) => return fail(chain(error.as_ref()), wait),
    };
    match d.vault().key_set(&d.secret("key-set")).await {
        Ok(keys) if *Jwks::publish(&keys).json() == answer.body => Well("what is published is the key set".to_owned()),
        Ok(_) => fail(format_args!("{url} publishes other keys than the key set holds"), wait),
        Err(error) => fail(chain(&error), "The key set has to be readable with your credentials."),
    }
}

/// Checks that the management API verifies tokens with the keys that the token endpoint signs them with.
async fn public_keys(d: &Deployment) -> Finding {
    let name = d.secret("jwks");
    let mend = match d.local() {
        Some(_) => "Start the server: it writes them anew. Until then no machine can call the management API.",
        None => {
            "Put what /.well-known/jwks.json of the issuer answers into that secret (secretsmanager put-secret-value); a \
             rotation does it too. Until then machines are refused at the management API."
        }
    };
    if let Err(error) = d.vault().published_keys(&name).await {
        return fail(chain(&error), mend);
    }
    let stored = d.secrets_manager.get_secret_value().secret_id(&name).send().await;
    let stored = match stored {
        Ok(stored) => stored.secret_string.unwrap_or_default(),
        Err(error) => return fail(VaultFailure::of(&error), mend),
    };
    match d.vault().key_set(&d.secret("key-set")).await {
        Ok(keys) if Jwks::publish(&keys).json() == stored.as_bytes() => {
            Well("they are those of the key set".to_owned())
        }
        Ok(_) => fail(format_args!("{name} holds other keys than the key set"), mend),
        Err(error) => fail(chain(&error), "The key set has to be readable with your credentials."),
    }
}

async fn clock(d: &Deployment) -> Finding {
    if d.local().is_some() {
        return Well("it is this machine's".to_owned());
    }
    let answer = d.get(&d.issuer.url("/.well-known/jwks.json")).await;
    let Some(theirs) = answer.ok().and_then(|answer| answer.date) else {
        return warn("the issuer does not say its time", "Look at the metadata above.");
    };
    let apart = d.clock.now().as_second().saturating_sub(theirs.as_second()).saturating_abs();
    if apart <= SKEW_SECONDS {
        Well(format!("{apart} seconds apart from this machine's"))
    } else {
        warn(format_args!("{apart} seconds apart from this machine's"), "Set this machine's clock, with NTP.")
    }
}

async fn tables(d: &Deployment) -> Vec<(&'static str, Finding)> {
    let mut found = Vec::new();
    for table in schema::TABLES {
        let deploy = match d.local() {
            Some(_) => "Put the folder back from your backup.",
            None => "Deploy the template again: it makes what is missing.",
        };
        let finding = match table.condition(&d.dynamodb, &d.table_prefix).await {
            Ok(condition) if !condition.wrong.is_empty() => fail(condition.wrong.join(", "), deploy),
            // a file on this machine has no such protection, and needs none
            Ok(condition) if !condition.missing.is_empty() && d.local().is_none() => {
                warn(format_args!("without {}", condition.missing.join(", ")), deploy)
            }
            Ok(_) => Well("keys and indexes are as they should be".to_owned()),
            Err(error) => fail(chain(&error), "Your credentials have to allow dynamodb:DescribeTable."),
        };
        found.push((table.name, finding));
    }
    found
}

async fn key_set(d: &Deployment) -> Finding {
    let keys = match d.vault().key_set(&d.secret("key-set")).await {
        Ok(keys) => keys,
        Err(error) => {
            return fail(chain(&error), "Start a rotation of the key set in Secrets Manager: the first one makes it.");
        }
    };
    Well(format!("{} signs, {} is next since {}", keys.current.kid(), keys.next.kid(), keys.next.created_at()))
}

async fn rotation(d: &Deployment) -> Finding {
    let read = "Your credentials have to allow secretsmanager:DescribeSecret and GetSecretValue of the key set.";
    let rotation = match d.key_rotation().await {
        Ok(rotation) => rotation,
        Err(error) => return fail(chain(error.as_ref()), read),
    };
    let (described, current) = match (rotation.versions.describe().await, rotation.versions.current().await) {
        (Ok(described), Ok(current)) => (described, current),
        (Err(error), _) | (_, Err(error)) => return fail(chain(&error), read),
    };
    if !described.rotates {
        let mend = match d.local() {
            Some(_) => "Start the server: it configures the rotation.",
            None => "Deploy the template again: it configures the rotation.",
        };
        return fail("nothing rotates the key set", mend);
    }
    let unfinished = described.holder(PENDING).is_some_and(|version| !described.carries(version, CURRENT));
    if unfinished {
        let log = "See the log of the function key-rotation; the rotation goes on by itself, or with countersign keys rotate.";
        return warn("a rotation has not come to its end", log);
    }
    let (Some(days), Some(current)) = (described.every_days, current) else {
        return Well("it is configured, and none is unfinished".to_owned());
    };
    let made = current.keys.next.created_at();
    if d.clock.now() < plus_seconds(made, days.saturating_add(LATE_DAYS).saturating_mul(DAY_SECONDS)) {
        return Well(format!("every {days} days, and none is unfinished"));
    }
    warn(format_args!("every {days} days, but none since {made}"), "countersign keys rotate")
}

fn secret<T>(read: Result<T, VaultError>) -> Finding {
    match read {
        Ok(_) => Well("it is there and readable".to_owned()),
        Err(error) => {
            fail(chain(&error), "Put its value back from your backup: another one makes every secret useless.")
        }
    }
}

async fn reminders(d: &Deployment) -> Finding {
    let store = ReminderStore::new(d.dynamodb.clone(), &d.tables());
    let look = "See the log of the function expiry-notifier and its schedule; countersign notify runs it by hand.";
    match store.done_through().await {
        Err(error) => fail(chain(&error), look),
        Ok(None) => warn("no run has come to its end yet", look),
        Ok(Some(day)) => {
            let end = plus_seconds(d.clock.now(), -3 * DAY_SECONDS).to_zoned(jiff::tz::TimeZone::UTC).date();
            if day >= end {
                Well(format!("everything was told through {day}"))
            } else {
                fail(format_args!("nothing was told since {day}"), look)
            }
        }
    }
}

async fn mail(d: &Deployment) -> Finding {
    let Place::Aws(aws) = &d.place else {
        return Well("it stays on this machine, at /mailbox while it serves".to_owned());
    };
    match Ses::new(aws).get_send_quota().send().await {
        Ok(quota) if quota.max24_hour_send() <= SANDBOX_QUOTA => {
            let ask =
                "Ask AWS for production access to SES in this region: in the sandbox only verified addresses get mail.";
            fail(format_args!("SES is in its sandbox: {} mails a day", quota.max24_hour_send()), ask)
        }
        Ok(quota) => {
            Well(format!("SES sends {} of {} mails a day", quota.sent_last24_hours(), quota.max24_hour_send()))
        }
        Err(_) => warn("SES does not say what it would send", "Your credentials have to allow ses:GetSendQuota."),
    }
}

/// Checks that SES may send for an address: for the address itself, or for its domain.
async fn identity(ses: &Ses, sender: &Email) -> Finding {
    let address = sender.as_str();
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    let asked = ses.get_identity_verification_attributes().identities(address).identities(domain).send().await;
    let Ok(asked) = asked else {
        let allow = "Your credentials have to allow ses:GetIdentityVerificationAttributes.";
        return warn("SES does not say whether it may send for it", allow);
    };
    let attributes = asked.verification_attributes();
    let verified = |identity: &&&str| {
        let status = attributes.get(**identity).map(IdentityVerificationAttributes::verification_status);
        status == Some(&VerificationStatus::Success)
    };
    match [address, domain].iter().find(verified) {
        Some(identity) => Well(format!("{identity} is verified")),
        None => fail(
            format_args!("neither {address} nor {domain} is verified in SES of this region"),
            "Verify one of them in SES: until then it refuses every mail.",
        ),
    }
}
