//! Malformed credentials.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use reqwest::header::AUTHORIZATION;

use crate::support::app::TOKEN;
use crate::support::clients::TestClient;
use crate::support::encoding::escaped;
use crate::support::oauth_errors::{INVALID_CLIENT, INVALID_REQUEST, Refusal};
use crate::token::malformed::cases::{GRANT, PATHS, SECRET_LIMIT, Table, UNDECODABLE};

pub fn authorization_headers(table: &mut Table<'_>) {
    let TestClient { id, secret } = table.client.clone();
    let basic = |pair: &[u8]| [b"Basic ".as_slice(), STANDARD.encode(pair).as_bytes()].concat();
    let good = STANDARD.encode(format!("{id}:{secret}"));
    let mut headers: Vec<(String, Refusal, Vec<u8>)> = Vec::new();
    let mut add = |what: &str, expected, value: Vec<u8>| headers.push((what.to_owned(), expected, value));
    add("Basic alone", INVALID_REQUEST, b"Basic".to_vec());
    add("Basic and a space", INVALID_REQUEST, b"Basic ".to_vec());
    add("characters outside base64", INVALID_REQUEST, b"Basic %%%".to_vec());
    add(
        "base64 in the URL alphabet",
        INVALID_REQUEST,
        [b"Basic ".as_slice(), URL_SAFE.encode(b"\xfb\xff:x").as_bytes()].concat(),
    );
    let no_padding = STANDARD_NO_PAD.encode("ab:c");
    add("base64 without its padding", INVALID_REQUEST, format!("Basic {no_padding}").into_bytes());
    add("base64 with too much padding", INVALID_REQUEST, format!("Basic {good}====").into_bytes());
    add("base64 that ends in set bits", INVALID_REQUEST, b"Basic YTpiZB==".to_vec());
    add("base64 with a space inside", INVALID_REQUEST, format!("Basic {} {}", &good[..8], &good[8..]).into_bytes());
    add("base64 in quotation marks", INVALID_REQUEST, format!("Basic \"{good}\"").into_bytes());
    add("a second value behind a comma", INVALID_REQUEST, format!("Basic {good}, Basic {good}").into_bytes());
    add("a parameter behind it", INVALID_REQUEST, format!("Basic {good} realm=x").into_bytes());
    add("the pair unencoded", INVALID_REQUEST, format!("Basic {id}:{secret}").into_bytes());
    add("a letter of Latin-1", INVALID_REQUEST, b"Basic caf\xe9".to_vec());
    add("raw UTF-8", INVALID_REQUEST, "Basic käse".as_bytes().to_vec());
    add("no colon", INVALID_REQUEST, basic(b"no-colon"));
    add("nothing but zero bytes", INVALID_REQUEST, basic(&[0; 64]));
    add("six thousand bytes without a colon", INVALID_REQUEST, basic(&[b'a'; 6_000]));
    for (what, bytes) in UNDECODABLE {
        add(
            &format!("{what} in the id"),
            INVALID_REQUEST,
            basic(&[id.as_bytes(), bytes, b":", secret.as_bytes()].concat()),
        );
        add(
            &format!("{what} in the secret"),
            INVALID_REQUEST,
            basic(&[id.as_bytes(), b":", secret.as_bytes(), bytes].concat()),
        );
    }
    for control in ["\0", "\n", "\r", "\t", "\u{1b}", "\u{7f}", "\u{80}", "%00", "%0A", "%0D", "%C2%80"] {
        let name = control.escape_default();
        add(&format!("{name} in the id"), INVALID_REQUEST, basic(format!("{id}{control}:{secret}").as_bytes()));
        add(&format!("{name} in the secret"), INVALID_REQUEST, basic(format!("{id}:{secret}{control}").as_bytes()));
    }
    add("a colon alone", INVALID_CLIENT, basic(b":"));
    add("no secret", INVALID_CLIENT, basic(format!("{id}:").as_bytes()));
    add("no id", INVALID_CLIENT, basic(format!(":{secret}").as_bytes()));
    add("the secret where the id belongs", INVALID_CLIENT, basic(format!("{secret}:{id}").as_bytes()));
    add("a second colon", INVALID_CLIENT, basic(format!("{id}:{secret}:").as_bytes()));
    add("a space behind the secret", INVALID_CLIENT, basic(format!("{id}:{secret} ").as_bytes()));
    add("a plus behind the id", INVALID_CLIENT, basic(format!("{id}+:{secret}").as_bytes()));
    add(
        "a pair escaped twice",
        INVALID_CLIENT,
        basic(escaped(&format!("{}:", escaped(&id))).replace("%3A", ":").as_bytes()),
    );
    for scheme in ["Bearer", "Digest", "Negotiate", "DPoP", "Basi", "Basicc", "Basic:", "Basic=", "%42asic", "Basic\t"]
    {
        add(&format!("the scheme {scheme:?}"), INVALID_CLIENT, format!("{scheme} {good}").into_bytes());
    }
    add("no scheme", INVALID_CLIENT, good.into_bytes());
    add("an empty value", INVALID_CLIENT, Vec::new());
    for (what, expected, value) in headers {
        for path in PATHS {
            let request = table.with_authorization(path, &value);
            table.add(format!("an Authorization header with {what} at {path}"), expected, request);
        }
    }
}

pub fn mechanisms(table: &mut Table<'_>) {
    let TestClient { id, secret } = table.client.clone();
    let pair = format!("client_id={id}&client_secret={secret}");
    let assertion = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                     &client_assertion=a.b.c";
    for path in PATHS {
        let rest = format!("{GRANT}&token=x");
        for (what, more) in [
            ("the same pair in the body", pair.clone()),
            ("a secret in the body", format!("client_secret={secret}")),
            ("another secret in the body", "client_secret=x".to_owned()),
            ("another client_id in the body", "client_id=wallet-acme-legacy-import".to_owned()),
            ("an assertion", assertion.to_owned()),
            ("an assertion of unknown type", "client_assertion=x&client_assertion_type=y".to_owned()),
            ("an assertion's type", "client_assertion_type=x".to_owned()),
        ] {
            let request = table.authenticated(path, format!("{rest}&{more}"));
            table.add(format!("{what} beside the header at {path}"), INVALID_REQUEST, request);
        }
        let request = table.anonymous(path, format!("{rest}&{pair}&{assertion}"));
        table.add(format!("a pair and an assertion at {path}"), INVALID_REQUEST, request);
        let request = table.authenticated(path, rest.clone()).header(AUTHORIZATION, "Basic YTpi");
        table.add(format!("two Authorization headers at {path}"), INVALID_REQUEST, request);
        for (what, body) in [
            ("nothing", rest.clone()),
            ("a client_id alone", format!("{rest}&client_id={id}")),
            ("a secret alone", format!("{rest}&client_secret={secret}")),
            ("an empty pair", format!("{rest}&client_id=&client_secret=")),
            ("an assertion alone", format!("{rest}&{assertion}")),
        ] {
            let request = table.anonymous(path, body.clone());
            table.add(format!("{what} to authenticate with at {path}"), INVALID_CLIENT, request);
            if what != "nothing" {
                continue;
            }
            let request = table.anonymous(&format!("{path}?{pair}"), body);
            table.add(format!("credentials in the query at {path}"), INVALID_CLIENT, request);
        }
        let request = table.anonymous(&format!("{path}?{rest}&{pair}"), "");
        // the token endpoint reads its parameters before it asks who calls
        let expected = if path == TOKEN { INVALID_REQUEST } else { INVALID_CLIENT };
        table.add(format!("everything in the query at {path}"), expected, request);
    }
}

pub fn identifiers_and_secrets(table: &mut Table<'_>) {
    let TestClient { id, secret } = table.client.clone();
    let ids = [
        "x".to_owned(),
        id.to_uppercase(),
        id.replace('-', "_"),
        id.replace('-', "--"),
        format!("-{id}"),
        format!("{id}-"),
        format!("{id} "),
        format!(" {id}"),
        format!("{id}/../{id}"),
        format!("{id}#"),
        "1-acme".to_owned(),
        "*".to_owned(),
        "' OR 1=1--".to_owned(),
        "${jndi:ldap://x}".to_owned(),
        "secret#cs_AAAAAAAAAAAA".to_owned(),
        "@catalogue".to_owned(),
        "a".repeat(128),
        "a".repeat(129),
        "a".repeat(10_000),
    ];
    for id in ids {
        let shown: String = id.chars().take(30).collect();
        let body = format!("{GRANT}&client_id={}&client_secret={secret}", escaped(&id));
        let request = table.anonymous(TOKEN, body);
        table.add(format!("the client_id {shown:?} of {} letters", id.len()), INVALID_CLIENT, request);
    }
    let secrets = [
        "x".to_owned(),
        "cs_".to_owned(),
        secret.to_uppercase(),
        secret.to_lowercase(),
        secret[3..].to_owned(),
        secret[..secret.len() - 1].to_owned(),
        secret[..secret.len() - 6].to_owned(),
        format!("{secret}x"),
        format!("{secret}{secret}"),
        format!("{secret} "),
        format!("\u{a0}{secret}"),
        secret.replace("cs_", "cs-"),
        "cs_AAAAAAAAAAAA_".to_owned(),
        "_".repeat(54),
        "é".repeat(27),
        "$argon2id$v=19$m=1024,t=1,p=1$AAAA$AAAA".to_owned(),
        "a".repeat(SECRET_LIMIT - 1),
        "a".repeat(SECRET_LIMIT),
        "a".repeat(SECRET_LIMIT + 1),
        "a".repeat(15_000),
    ];
    for secret in secrets {
        let letters: Vec<char> = secret.chars().collect();
        let shown: String =
            [&letters[..letters.len().min(6)], &letters[letters.len().saturating_sub(3)..]].concat().iter().collect();
        let body = format!("{GRANT}&client_id={id}&client_secret={}", escaped(&secret));
        let request = table.anonymous(TOKEN, body);
        table.add(format!("a secret of {} bytes such as {shown:?}", secret.len()), INVALID_CLIENT, request);
    }
    for length in [SECRET_LIMIT, SECRET_LIMIT + 1, 6_000] {
        let wrong = TestClient { id: id.clone(), secret: "a".repeat(length) };
        let request = table.anonymous(TOKEN, GRANT).basic_auth(&wrong.id, Some(&wrong.secret));
        table.add(format!("a secret of {length} bytes in the header"), INVALID_CLIENT, request);
    }
    for wrong in [table.client.with_wrong_secret(), table.client.with_id("wallet-acme-nobody")] {
        for path in PATHS {
            let request = table.anonymous(path, format!("{GRANT}&token=x")).basic_auth(&wrong.id, Some(&wrong.secret));
            table.add(format!("{} with a secret that is not its own at {path}", wrong.id), INVALID_CLIENT, request);
        }
    }
}
