//! Secrets are neither printable nor logged.

use std::fmt::{Debug, Display};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::domain::invitation::InvitationToken;
use shared::domain::password::PasswordPlaintext;
use shared::domain::recovery_code::RecoveryCode;
use shared::domain::secret::SecretPlaintext;
use tempfile::tempdir;

use crate::support::answer::send;
use crate::support::app::{INTROSPECT, REVOKE, TOKEN};
use crate::support::encoding::escaped;
use crate::support::people::code_of;
use crate::support::process::{Deployment, command, log_of};
use crate::support::sources::{Source, product};
use shared::clock::Clock;

/// Does not compile where the type has one of the traits: then there are two answers to what `A` is.
macro_rules! assert_lacks {
    ($($type:ty: $($trait:path),+;)+) => {
        $(const _: fn() = || {
            trait Ambiguous<A> {
                fn answer() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            $({
                struct Has;
                impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            })+
            <$type as Ambiguous<_>>::answer();
        };)+
    };
}

assert_lacks! {
    SecretPlaintext: Debug, Display, Serialize, Clone, ToString;
    RecoveryCode: Debug, Display, Serialize, Clone, ToString;
    InvitationToken: Debug, Display, Serialize, Clone, ToString;
    shared::mail::Mail: Debug, Display, Serialize, Clone;
    PasswordPlaintext: Debug, Display, Serialize, Clone, ToString;
    token_endpoint::client_authentication::PresentedCredentials: Debug, Display, Serialize, Clone;
    token_endpoint::client_authentication::PresentedSecret: Debug, Display, Serialize, Clone;
    token_endpoint::form::Form<'static>: Debug, Display, Serialize, Clone;
    countersign::demo::Credentials: Debug, Display, Clone;
    countersign::demo::Person: Debug, Display, Clone;
    countersign::ready::Ready<'static>: Debug, Display, Clone;
}

#[test]
fn types_with_a_plaintext_secret_cannot_be_printed() {
    let secret =
        ["Zeroizing<", "SecretPlaintext", "PasswordPlaintext", "OneTimePassword", "RecoveryCode", "InvitationToken"];
    let mut found = Vec::new();
    let mut seen = 0;
    for Source { path, code } in product() {
        for (at, _) in code.match_indices("struct ") {
            let declaration = &code[at..];
            let end = declaration.find([';', '}']).unwrap_or(declaration.len());
            if !secret.iter().any(|name| declaration[..end].contains(name)) {
                continue;
            }
            seen += 1;
            let attributes: Vec<&str> = code[..at]
                .lines()
                .rev()
                .skip(usize::from(!code[..at].ends_with('\n')))
                .take_while(|line| line.trim_start().starts_with("#["))
                .collect();
            let printed =
                ["Debug", "Display", "Serialize"].iter().filter(|name| attributes.join("\n").contains(**name));
            let name = declaration.split_whitespace().nth(1).unwrap();
            found.extend(printed.map(|printed| format!("{path}: {name} has {printed}")));
        }
    }
    assert!(seen >= 8, "only {seen} declarations were found");
    assert!(found.is_empty(), "{found:#?}");
}

/// Every text of a JSON value, those inside texts that are JSON themselves among them.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => texts(&inner, into),
            _ => into.push(text.clone()),
        },
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        // the keys that are published
        Value::Object(members) if members.contains_key("kty") => assert!(!members.contains_key("d"), "{value}"),
        // the name of a key is public
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "kid").for_each(|(_, value)| texts(value, into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret_at_any_level() {
    let folder = tempdir().unwrap();
    let arguments = ["--ready", "json", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"];
    let mut starting = command(folder.path(), &arguments);
    starting.env("RUST_LOG", "trace");
    let stack = Deployment::spawn(starting).await.unwrap();
    let (id, secret) = (stack.said("client_id").to_owned(), stack.said("client_secret").to_owned());
    let mut secrets = vec![secret.clone()];
    let mut headers = Vec::new();

    // machines: every way to authenticate, rightly and wrongly, and every endpoint
    for (id, secret) in [(id.as_str(), secret.as_str()), (&id, "cs_WRONGWRONGWRONG"), ("wallet-acme-nobody", &secret)] {
        let grant = "grant_type=client_credentials";
        let escaped_pair = format!("{}:{}", escaped(id), escaped(secret));
        for pair in [format!("{id}:{secret}"), escaped_pair, format!("{id}%{secret}"), format!("{id}:{secret}%")] {
            let header = STANDARD.encode(pair);
            let request = stack.raw(TOKEN, grant).header("authorization", format!("Basic {header}"));
            let answer = send(request).await;
            secrets.extend(answer.json()["access_token"].as_str().map(str::to_owned));
            headers.push(header);
        }
        for path in [TOKEN, INTROSPECT, REVOKE] {
            let form = format!("{grant}&client_id={id}&client_secret={secret}&token={secret}");
            send(stack.raw(path, &form)).await;
            send(stack.raw(&format!("{path}?client_secret={secret}"), &form)).await;
            send(stack.raw(path, &format!("{form}&%"))).await;
        }
        send(stack.raw(TOKEN, grant).header("authorization", format!("Bearer {secret}"))).await;
    }
    let token = stack.token().await;
    assert!(stack.is_active(&token).await);
    for path in ["/demo/whoami", "/demo/whoami?access_token=x", "/v1/clients"] {
        let request = stack.raw(path, "").header("authorization", format!("Bearer {token}"));
        send(request).await;
    }
    stack.revoke(&token).await;
    secrets.push(token);

    // people: a sign-in that fails and one that works, and a client with a new secret
    let person = stack.ready["administrators"].as_array().unwrap().iter().find(|person| person["role"] == "owner");
    let text = |name: &str| person.unwrap()[name].as_str().unwrap().to_owned();
    let (email, password, totp_secret) = (text("email"), text("password"), text("totp_secret"));
    let wrong_password = "a-wrong-password-that-nobody-has";
    let code = code_of(&totp_secret, Clock::System.now());
    let mut cookie = String::new();
    for password in [wrong_password, &password] {
        let body = serde_json::json!({ "email": email, "password": password, "one_time_password": code });
        let answer = send(stack.json("/v1/session", &body)).await;
        cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert_eq!(answer.status.is_success(), password != wrong_password, "{answer:?}");
    }
    let new = serde_json::json!({ "key": "billing", "name": "Billing", "grants": { "banking": "view" } });
    let created = send(stack.json("/v1/clients", &new).header("cookie", &cookie)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let mut shown = Vec::new();
    texts(&created.json(), &mut shown);
    let made: Vec<String> = shown.into_iter().filter(|text| SecretPlaintext::parse(text).is_ok()).collect();
    assert_eq!(made.len(), 1, "{}", created.text);
    secrets.extend(made);
    secrets.push(wrong_password.to_owned());
    secrets.push(cookie.split_once('=').unwrap().1.to_owned());
    let (status, _) = stack.stop("TERM").await;
    assert_eq!(status.code(), Some(0));

    // what the deployment keeps beside its tables: the demo, keys, pepper
    for (file, count) in [("demo.json", 12), ("secrets.json", 4)] {
        let json = std::fs::read_to_string(folder.path().join(".countersign").join(file)).unwrap();
        let mut kept = Vec::new();
        texts(&serde_json::from_str(&json).unwrap(), &mut kept);
        // beside them stand addresses, names and times
        let known = |text: &str| {
            text.contains('@')
                || ["countersign", "arn:"].iter().any(|start| text.starts_with(start))
                || text.parse::<Timestamp>().is_ok()
        };
        let kept: Vec<String> = kept.into_iter().filter(|text| text.len() >= 20 && !known(text)).collect();
        assert_eq!(kept.len(), count, "secrets in {file}");
        secrets.extend(kept);
    }
    let log = log_of(folder.path());
    let lines = log.lines().count();
    assert!(lines > 50, "at trace level there is more than {lines} lines");
    for (outcome, times) in [("issued", 2), ("refused", 10), ("introspected", 2), ("revoked", 1)] {
        let logged = log.matches(&format!(r#""outcome":"{outcome}""#)).count();
        assert!(logged >= times, "{outcome} is logged {logged} times");
    }
    let mut found = Vec::new();
    for secret in &secrets {
        // the id inside a secret may be shown, the rest may not
        let hidden =
            secret.strip_prefix("cs_").and_then(|rest| rest.split_once('_')).map_or(secret.as_str(), |it| it.1);
        let forms = [hidden.to_owned(), escaped(hidden), STANDARD.encode(hidden), URL_SAFE_NO_PAD.encode(hidden)];
        found.extend(forms.into_iter().filter(|form| log.contains(form)));
    }
    found.extend(headers.into_iter().filter(|header| log.contains(header)));
    let marks = ["$argon2", "__Host-", "client_secret=", "PRIVATE KEY"];
    found.extend(marks.iter().filter(|mark| log.contains(**mark)).map(|mark| (*mark).to_owned()));
    let where_found: Vec<&str> = log.lines().filter(|line| found.iter().any(|form| line.contains(form))).collect();
    assert!(found.is_empty(), "{found:#?} in\n{}", where_found.join("\n"));
}
