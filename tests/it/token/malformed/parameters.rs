//! Malformed parameters.

use crate::support::app::{INTROSPECT, REVOKE, TOKEN};
use crate::support::encoding::escaped;
use crate::support::oauth_errors::{
    INVALID_CLIENT, INVALID_REQUEST, INVALID_SCOPE, INVALID_TARGET, Refusal, UNSUPPORTED,
};
use crate::token::malformed::cases::{GRANT, PATHS, Table, UNDECODABLE};

/// Every parameter that some endpoint reads, and one that none does.
const PARAMETERS: [&str; 10] = [
    "grant_type",
    "scope",
    "resource",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "token",
    "token_type_hint",
    "unknown",
];

pub fn undecodable_parameters(table: &mut Table<'_>) {
    for (what, bytes) in UNDECODABLE {
        for parameter in PARAMETERS {
            let request = table.parameter(parameter, bytes);
            table.add(format!("{what} in {parameter}"), INVALID_REQUEST, request);
        }
        for path in PATHS {
            let body = [format!("{GRANT}&token=x&").as_bytes(), bytes, b"=1"].concat();
            let request = table.authenticated(path, body);
            table.add(format!("{what} in a parameter's name at {path}"), INVALID_REQUEST, request);
        }
    }
}

/// The refusal of a value that decodes but means nothing.
fn refusal_of(parameter: &str) -> Refusal {
    match parameter {
        "grant_type" => UNSUPPORTED,
        "scope" => INVALID_SCOPE,
        "resource" => INVALID_TARGET,
        "client_id" | "client_secret" => INVALID_CLIENT,
        other => panic!("{other} is not a parameter of a token request"),
    }
}

const MEANINGFUL: [&str; 5] = ["grant_type", "scope", "resource", "client_id", "client_secret"];

fn good_value(table: &Table<'_>, parameter: &str) -> String {
    match parameter {
        "grant_type" => "client_credentials".to_owned(),
        "scope" => "banking/read".to_owned(),
        "resource" => "https://banking.example".to_owned(),
        "client_id" => table.client.id.clone(),
        _ => table.client.secret.clone(),
    }
}

pub fn control_characters(table: &mut Table<'_>) {
    for control in ["%00", "%01", "%08", "%09", "%0A", "%0D", "%0D%0Ax:y", "%1B", "%7F", "%C2%80"] {
        for parameter in MEANINGFUL {
            let good = escaped(&good_value(table, parameter));
            let expected = if parameter.starts_with("client_") { INVALID_REQUEST } else { refusal_of(parameter) };
            for (place, value) in [("behind", format!("{good}{control}")), ("before", format!("{control}{good}"))] {
                let request = table.parameter(parameter, value.as_bytes());
                table.add(format!("{control} {place} a good {parameter}"), expected, request);
            }
        }
    }
}

/// Characters that a person reads as ASCII, or does not see.
const LOOKALIKES: [(&str, &str); 9] = [
    ("a Cyrillic letter", "\u{441}"),
    ("a Greek letter", "\u{3bf}"),
    ("a full-width letter", "\u{ff43}"),
    ("a combining accent", "e\u{301}"),
    ("a zero-width space", "\u{200b}"),
    ("a byte order mark", "\u{feff}"),
    ("a no-break space", "\u{a0}"),
    ("a text-direction override", "\u{202e}"),
    ("a character outside the basic plane", "\u{1d41c}"),
];

pub fn lookalikes(table: &mut Table<'_>) {
    for (what, lookalike) in LOOKALIKES {
        for parameter in MEANINGFUL {
            let good = good_value(table, parameter);
            let (first, rest) = good.split_at(1);
            let replaced = format!("{lookalike}{rest}");
            let inserted = format!("{first}{lookalike}{rest}");
            for (how, value) in [("instead of a letter", replaced), ("inside", inserted)] {
                let request = table.parameter(parameter, escaped(&value).as_bytes());
                table.add(format!("{what} {how} in {parameter}"), refusal_of(parameter), request);
            }
        }
    }
}

pub fn repeated_parameters(table: &mut Table<'_>) {
    let once = ["grant_type", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type"];
    for name in once {
        let escaped_name = format!("%{:02X}{}", name.as_bytes()[0], &name[1..]);
        let pairs = [
            ("with equal values", format!("{name}=a&{name}=a")),
            ("with different values", format!("{name}=a&{name}=b")),
            ("with another between", format!("{name}=a&state=1&{name}=a")),
            ("with the name escaped once", format!("{name}=a&{escaped_name}=a")),
            ("a hundred times", vec![format!("{name}=a"); 100].join("&")),
        ];
        for (how, pair) in pairs {
            let rest = if name == "grant_type" { "scope=banking%2Fread" } else { GRANT };
            let request = table.authenticated(TOKEN, format!("{rest}&{pair}"));
            table.add(format!("{name} {how}"), INVALID_REQUEST, request);
        }
    }
    for path in [INTROSPECT, REVOKE] {
        for name in ["token", "token_type_hint", "client_id", "client_secret"] {
            let first = if name == "token" { "" } else { "token=x&" };
            let request = table.authenticated(path, format!("{first}{name}=a&{name}=a"));
            table.add(format!("{name} twice at {path}"), INVALID_REQUEST, request);
        }
    }
}

pub fn grant_types(table: &mut Table<'_>) {
    for missing in ["", "&", "&&&", "=", "=client_credentials", "grant_type", "grant_type=", "scope=banking/read"] {
        let request = table.authenticated(TOKEN, missing);
        table.add(format!("no grant_type in {missing:?}"), INVALID_REQUEST, request);
    }
    for elsewhere in [
        "Grant_Type=client_credentials",
        "GRANT_TYPE=client_credentials",
        "+grant_type=client_credentials",
        "grant_type+=client_credentials",
        "grant_type%00=client_credentials",
        "grant%2Dtype=client_credentials",
        "grant_type[]=client_credentials",
        "grant_type%3Dclient_credentials",
        "grant_type;client_credentials",
        "?grant_type=client_credentials",
        "%EF%BB%BFgrant_type=client_credentials",
        "\u{feff}grant_type=client_credentials",
    ] {
        let request = table.authenticated(TOKEN, elsewhere);
        table.add(format!("the grant type as {elsewhere:?}"), INVALID_REQUEST, request);
    }
    for unknown in [
        "password",
        "authorization_code",
        "refresh_token",
        "implicit",
        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code",
        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer",
        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
        "Client_Credentials",
        "CLIENT_CREDENTIALS",
        "client-credentials",
        "client_credential",
        "client_credentials+",
        "+client_credentials",
        "client_credentials=",
        "client_credentials;scope=x",
        "client_credentials,password",
        "%22client_credentials%22",
        "null",
        "0",
        "%27+OR+1%3D1--",
        "%24%7Bjndi%3Aldap%3A%2F%2Fx%7D",
    ] {
        let request = table.authenticated(TOKEN, format!("grant_type={unknown}"));
        table.add(format!("the grant type {unknown}"), UNSUPPORTED, request);
    }
    let long = "a".repeat(10_000);
    let request = table.authenticated(TOKEN, format!("grant_type={long}"));
    table.add("a grant type of 10,000 letters", UNSUPPORTED, request);
}

pub fn scopes(table: &mut Table<'_>) {
    let many: Vec<String> = (0..1_200).map(|n| format!("banking/{n}")).collect();
    let bad = [
        ("spaces only", "%20%20+".to_owned()),
        ("a quotation mark", "banking%22read".to_owned()),
        ("a backslash", "banking%5Cread".to_owned()),
        ("a tab between scopes", "banking/read%09banking/write".to_owned()),
        ("a line break between scopes", "banking/read%0Abanking/write".to_owned()),
        ("a letter outside ASCII", "b%C3%A4nking/read".to_owned()),
        ("a comma between scopes", "banking/read,reporting/read".to_owned()),
        ("a semicolon between scopes", "banking/read;reporting/read".to_owned()),
        ("another case", "BANKING/READ".to_owned()),
        ("one that is not granted", "banking/admin".to_owned()),
        ("one that is granted and one that is not", "banking/read+banking/admin".to_owned()),
        ("one that does not exist", "nothing/read".to_owned()),
        ("openid", "openid".to_owned()),
        ("offline_access", "banking/read+offline_access".to_owned()),
        ("a wildcard", "*".to_owned()),
        ("a prefix of one", "banking".to_owned()),
        ("dot segments", "banking/../banking/read".to_owned()),
        ("the escape of an escape", "banking%252Fread".to_owned()),
        ("128 letters", "a".repeat(128)),
        ("129 letters", "a".repeat(129)),
        ("15,000 letters", "a".repeat(15_000)),
        ("1,200 scopes", many.join("+")),
        ("7,500 scopes of one letter", vec!["a"; 7_500].join("+")),
    ];
    for (what, scope) in bad {
        let request = table.authenticated(TOKEN, format!("{GRANT}&scope={scope}"));
        table.add(format!("a scope of {what}"), INVALID_SCOPE, request);
    }
}

pub fn resources(table: &mut Table<'_>) {
    let many: Vec<String> = (0..500).map(|n| format!("resource=https://{n}.example")).collect();
    let bad = [
        ("one that does not exist", "resource=https%3A%2F%2Fnothing.example".to_owned()),
        ("a relative path", "resource=%2Fbanking".to_owned()),
        ("a fragment", "resource=https%3A%2F%2Fbanking.example%23a".to_owned()),
        ("an empty fragment", "resource=https%3A%2F%2Fbanking.example%23".to_owned()),
        ("a slash behind a good one", "resource=https%3A%2F%2Fbanking.example%2F".to_owned()),
        ("another case", "resource=HTTPS%3A%2F%2FBANKING.EXAMPLE".to_owned()),
        ("two in one", "resource=https%3A%2F%2Fbanking.example+https%3A%2F%2Freporting.example".to_owned()),
        ("a space", "resource=+".to_owned()),
        ("a quotation mark", "resource=%22".to_owned()),
        ("a letter outside ASCII", "resource=https%3A%2F%2Fb%C3%A4nking.example".to_owned()),
        ("255 letters", format!("resource={}", "a".repeat(255))),
        ("256 letters", format!("resource={}", "a".repeat(256))),
        ("a good one and a bad one", "resource=https%3A%2F%2Fbanking.example&resource=x".to_owned()),
        ("five hundred", many.join("&")),
    ];
    for (what, resource) in bad {
        let request = table.authenticated(TOKEN, format!("{GRANT}&{resource}"));
        table.add(format!("a resource of {what}"), INVALID_TARGET, request);
    }
}

pub fn missing_tokens(table: &mut Table<'_>) {
    for path in [INTROSPECT, REVOKE] {
        for body in ["", "token", "token=", "Token=x", "token%00=x", "access_token=x", "token_type_hint=access_token"] {
            let request = table.authenticated(path, body);
            table.add(format!("no token in {body:?} at {path}"), INVALID_REQUEST, request);
        }
    }
}
