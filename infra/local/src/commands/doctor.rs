//! `countersign doctor`: whether a deployment is well.

use std::fmt::Display;

use clap::Args;
use key_rotation::versions::{CURRENT, PENDING};
use serde_json::Value;
use shared::domain::time::{DAY_SECONDS, plus_seconds};
use shared::keys::jwks::Jwks;
use shared::store::reminders::ReminderStore;
use shared::store::schema;
use shared::telemetry::chain;

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions};
use crate::stack::KEY_ROTATION_DAYS;

/// How far two clocks may be apart, in seconds: verifiers allow a minute.
const SKEW_SECONDS: i64 = 30;
/// A sender that SES has not let out of its sandbox may send this much a day.
const SANDBOX_QUOTA: f64 = 200.0;

/// Checks a deployment.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Each line is one thing: `ok`, `warn` where it works and should be looked at, `fail` where it does not \
    work. With a failure the command ends with exit code 1."
)]
pub struct Doctor {
    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// How one thing is.
enum Finding {
    Ok(String),
    /// What is to be looked at, and how to mend it.
    Warn(String, String),
    /// What does not work, and how to mend it.
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
    /// Checks it.
    pub async fn run(self) -> Result<String, Failure> {
        let deployment = self.deployment.open().await?;
        let d = &deployment;
        let mut findings =
            vec![("metadata", metadata(d).await), ("keys", published_keys(d).await), ("clock", clock(d).await)];
        findings.extend(tables(d).await);
        findings.extend([
            ("key set", key_set(d).await),
            ("rotation", rotation(d).await),
            ("public keys", secret(d, "jwks").await),
            ("pepper", secret(d, "pepper").await),
            ("data key", secret(d, "data-key").await),
            ("reminders", reminders(d).await),
            ("mail", mail(d).await),
        ]);
        deployment.close().await?;
        let failed = findings.iter().any(|(_, finding)| matches!(finding, Fail(..)));
        let lines: Vec<String> = findings.iter().map(|(what, finding)| line(what, finding)).collect();
        let said = lines.join("\n");
        if failed { Err(format!("not everything is well:\n{said}").into()) } else { Ok(said) }
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
        Ok(answer) => answer,
        Err(error) => return fail(chain(error.as_ref()), wait),
    };
    match d.vault().key_set(&d.secret("key-set")).await {
        Ok(keys) if *Jwks::publish(&keys).json() == answer.body => Well("what is published is the key set".to_owned()),
        Ok(_) => fail(format_args!("{url} publishes other keys than the key set holds"), wait),
        Err(error) => fail(chain(&error), "The key set has to be readable with your credentials."),
    }
}

async fn clock(d: &Deployment) -> Finding {
    if d.local.is_some() {
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
        let deploy = "Deploy the template again: it makes what is missing.";
        let finding = match table.condition(&d.dynamodb, &d.table_prefix).await {
            Ok(condition) if !condition.wrong.is_empty() => fail(condition.wrong.join(", "), deploy),
            // a file on this machine has no such protection, and needs none
            Ok(condition) if !condition.missing.is_empty() && d.local.is_none() => {
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
    let (made, now) = (keys.next.created_at(), d.clock.now());
    let late = plus_seconds(made, (KEY_ROTATION_DAYS + 7) * DAY_SECONDS);
    let since = format!("{} signs, {} is next since {made}", keys.current.kid(), keys.next.kid());
    if now < late {
        Well(since)
    } else {
        warn(format_args!("{since}: no rotation for over {} days", KEY_ROTATION_DAYS + 7), "countersign keys rotate")
    }
}

async fn rotation(d: &Deployment) -> Finding {
    let described = match d.key_rotation().await {
        Ok(rotation) => rotation.versions.describe().await.map_err(|e| chain(&e)),
        Err(error) => Err(chain(error.as_ref())),
    };
    let described = match described {
        Ok(described) => described,
        Err(error) => return fail(error, "Your credentials have to allow secretsmanager:DescribeSecret."),
    };
    if !described.rotates {
        return fail("nothing rotates the key set", "Deploy the template again: it configures the rotation.");
    }
    let unfinished = described.holder(PENDING).is_some_and(|version| !described.carries(version, CURRENT));
    if unfinished {
        let log = "See the log of the function key-rotation; the rotation goes on by itself, or with countersign keys rotate.";
        return warn("a rotation has not come to its end", log);
    }
    Well("it is configured, and none is unfinished".to_owned())
}

async fn secret(d: &Deployment, name: &str) -> Finding {
    let vault = d.vault();
    let read = match name {
        "jwks" => vault.published_keys(&d.secret(name)).await.map(drop),
        "pepper" => vault.pepper(&d.secret(name)).await.map(drop),
        _ => vault.data_key(&d.secret(name)).await.map(drop),
    };
    match read {
        Ok(()) => Well("it is there and readable".to_owned()),
        Err(error) if name == "jwks" => fail(
            chain(&error),
            "A rotation of the keys writes it anew; until then no machine can call the management API.",
        ),
        Err(error) => {
            fail(chain(&error), "Put its value back from your backup: another one makes every secret useless.")
        }
    }
}

async fn reminders(d: &Deployment) -> Finding {
    let store = ReminderStore::new(d.dynamodb.clone(), schema::REMINDERS.name_in(&d.table_prefix));
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
    if d.local.is_some() {
        return Well("it stays on this machine, at /mailbox while it serves".to_owned());
    }
    match d.ses.get_send_quota().send().await {
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
