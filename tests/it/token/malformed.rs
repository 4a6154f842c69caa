//! Malformed requests: whatever is wrong, the answer is a refusal in the words of RFC 6749 section 5.2.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};

use crate::support::app::{Answer, App, INTROSPECT, REVOKE, TOKEN, TestClient, escaped, send};

const GRANT: &str = "grant_type=client_credentials";
pub const FORM: &str = "application/x-www-form-urlencoded";
const PATHS: [&str; 3] = [TOKEN, INTROSPECT, REVOKE];
/// The largest body that is read.
const BODY_LIMIT: usize = 16 * 1024;
/// The longest secret that is looked at.
const SECRET_LIMIT: usize = 512;

/// A status and the `error` that belongs to it.
pub type Refusal = (u16, &'static str);

pub const INVALID_REQUEST: Refusal = (400, "invalid_request");
pub const TOO_LARGE: Refusal = (413, "invalid_request");
const WRONG_METHOD: Refusal = (405, "invalid_request");
pub const INVALID_CLIENT: Refusal = (401, "invalid_client");
const INVALID_SCOPE: Refusal = (400, "invalid_scope");
const INVALID_TARGET: Refusal = (400, "invalid_target");
pub const UNSUPPORTED: Refusal = (400, "unsupported_grant_type");

struct Case {
    name: String,
    request: RequestBuilder,
    expected: Refusal,
}

struct Table<'a> {
    app: &'a App,
    client: TestClient,
    cases: Vec<Case>,
}

impl Table<'_> {
    fn add(&mut self, name: impl Into<String>, expected: Refusal, request: RequestBuilder) {
        self.cases.push(Case { name: name.into(), request, expected });
    }

    fn anonymous(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.app.request(Method::POST, path).header(CONTENT_TYPE, FORM).body(body.into())
    }

    /// A form to an endpoint with the client's own good Basic header.
    fn authenticated(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.anonymous(path, body).basic_auth(&self.client.id, Some(&self.client.secret))
    }

    fn with_authorization(&self, path: &str, value: &[u8]) -> RequestBuilder {
        let body = format!("{GRANT}&token=x");
        self.anonymous(path, body).header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())
    }

    /// A token request whose parameter `name` has this value, as it stands on the wire. Credentials that are under
    /// test themselves go into the body, others into the header.
    fn parameter(&self, name: &str, value: &[u8]) -> RequestBuilder {
        let TestClient { id, secret } = &self.client;
        let [before, after] = match name {
            "grant_type" => ["grant_type=".to_owned(), String::new()],
            "client_id" => [format!("{GRANT}&client_secret={secret}&client_id="), String::new()],
            "client_secret" => [format!("{GRANT}&client_id={id}&client_secret="), String::new()],
            other => [format!("{GRANT}&{other}="), "&state=1".to_owned()],
        };
        let body = [before.as_bytes(), value, after.as_bytes()].concat();
        if name.starts_with("client_") { self.anonymous(TOKEN, body) } else { self.authenticated(TOKEN, body) }
    }
}

/// What form decoding cannot take: percent escapes cut short or not hexadecimal, and bytes that are not UTF-8.
const UNDECODABLE: &[(&str, &[u8])] = &[
    ("a lone percent sign", b"%"),
    ("a percent sign before one digit", b"%2"),
    ("an escape of letters", b"%zz"),
    ("an escape whose second digit is none", b"%0g"),
    ("an escape whose first digit is none", b"%G0"),
    ("an escape as JavaScript writes it", b"%u0041"),
    ("two percent signs", b"%%"),
    ("a percent sign at the end", b"a%"),
    ("a space inside an escape", b"%+41"),
    ("a sign inside an escape", b"%-1"),
    ("an escaped byte that begins nothing", b"%FF"),
    ("an escaped sequence cut short", b"%C3"),
    ("an escaped sequence that goes on wrongly", b"%C3%28"),
    ("an escaped surrogate", b"%ED%A0%80"),
    ("an escaped overlong slash", b"%C0%AF"),
    ("an escaped overlong zero", b"%C0%80"),
    ("an escaped character beyond Unicode", b"%F5%80%80%80"),
    ("an escaped lone continuation", b"%80"),
    ("a raw byte that begins nothing", b"\xff"),
    ("a raw sequence cut short", b"\xe2\x82"),
    ("a raw sequence that goes on wrongly", b"\xc3\x28"),
    ("a raw letter of Latin-1", b"caf\xe9"),
    ("a raw byte order mark of UTF-16", b"\xff\xfeg\x00"),
];

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

fn undecodable_parameters(table: &mut Table<'_>) {
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

fn control_characters(table: &mut Table<'_>) {
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

fn lookalikes(table: &mut Table<'_>) {
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

fn repeated_parameters(table: &mut Table<'_>) {
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

fn grant_types(table: &mut Table<'_>) {
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

fn scopes(table: &mut Table<'_>) {
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

fn resources(table: &mut Table<'_>) {
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

fn content_types(table: &mut Table<'_>) {
    let good_form = format!("{GRANT}&token=x");
    let types: &[(&str, &[&[u8]])] = &[
        ("none", &[]),
        ("an empty one", &[b""]),
        ("JSON", &[b"application/json"]),
        ("plain text", &[b"text/plain"]),
        ("multipart", &[b"multipart/form-data; boundary=x"]),
        ("XML", &[b"application/xml"]),
        ("any", &[b"*/*"]),
        ("any application", &[b"application/*"]),
        ("a form with a suffix", &[b"application/x-www-form-urlencoded+json"]),
        ("a form without its tree", &[b"x-www-form-urlencoded"]),
        ("a form in quotation marks", &[b"\"application/x-www-form-urlencoded\""]),
        ("a form and a comma", &[b"application/x-www-form-urlencoded, application/json"]),
        ("a form after a semicolon", &[b"; application/x-www-form-urlencoded"]),
        ("a form with a letter of Latin-1", &[b"application/x-www-form-url\xe9ncoded"]),
        ("a form with a space inside", &[b"application / x-www-form-urlencoded"]),
        ("two forms", &[b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded"]),
        ("a form and JSON", &[b"application/x-www-form-urlencoded", b"application/json"]),
    ];
    for path in PATHS {
        for (what, values) in types {
            let mut request = table.app.request(Method::POST, path).body(good_form.clone());
            request = request.basic_auth(&table.client.id, Some(&table.client.secret));
            for value in *values {
                request = request.header(CONTENT_TYPE, HeaderValue::from_bytes(value).unwrap());
            }
            table.add(format!("the content type {what} at {path}"), INVALID_REQUEST, request);
        }
    }
    let utf16 = |big: bool| -> Vec<u8> {
        GRANT.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let bodies: [(&str, Vec<u8>); 8] = [
        ("a form in UTF-16, little-endian", utf16(false)),
        ("a form in UTF-16, big-endian", utf16(true)),
        ("a form in UTF-16 behind its byte order mark", [b"\xff\xfe".to_vec(), utf16(false)].concat()),
        ("a form in UTF-32", GRANT.bytes().flat_map(|b| [0, 0, 0, b]).collect()),
        ("a form under gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03grant".to_vec()),
        ("JSON", br#"{"grant_type":"client_credentials"}"#.to_vec()),
        (
            "multipart",
            b"--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--x--".to_vec(),
        ),
        ("XML", b"<grant_type>client_credentials</grant_type>".to_vec()),
    ];
    for charset in ["", "; charset=utf-16", "; charset=utf-8; charset=utf-16", "; charset=\"", ";;", "; charset"] {
        for (what, body) in &bodies {
            let request = table.app.request(Method::POST, TOKEN).header(CONTENT_TYPE, format!("{FORM}{charset}"));
            let request = request.body(body.clone()).basic_auth(&table.client.id, Some(&table.client.secret));
            table.add(format!("{what} that says it is a form{charset}"), INVALID_REQUEST, request);
        }
    }
}

fn methods(table: &mut Table<'_>) {
    for path in PATHS {
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "post", "POSTS", "!"] {
            let method_name = Method::from_bytes(method.as_bytes()).unwrap();
            let request = table.app.request(method_name, &format!("{path}?{GRANT}")).header(CONTENT_TYPE, FORM);
            let request = request.basic_auth(&table.client.id, Some(&table.client.secret));
            table.add(format!("{method} {path}"), WRONG_METHOD, request.body(format!("{GRANT}&token=x")));
        }
    }
}

fn authorization_headers(table: &mut Table<'_>) {
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

fn mechanisms(table: &mut Table<'_>) {
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

fn identifiers_and_secrets(table: &mut Table<'_>) {
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

fn sizes(table: &mut Table<'_>) {
    let padded = |start: &str, length: usize| format!("{start}{}", "a".repeat(length - start.len()));
    for (length, expected) in [
        (BODY_LIMIT - 1, UNSUPPORTED),
        (BODY_LIMIT, UNSUPPORTED),
        (BODY_LIMIT + 1, TOO_LARGE),
        (BODY_LIMIT * 4, TOO_LARGE),
        (1024 * 1024, TOO_LARGE),
        (5 * 1024 * 1024, TOO_LARGE),
    ] {
        let request = table.authenticated(TOKEN, padded("grant_type=", length));
        table.add(format!("a body of {length} bytes that is one grant_type"), expected, request);
    }
    for path in PATHS {
        for length in [BODY_LIMIT + 1, BODY_LIMIT * 2] {
            let request = table.authenticated(path, padded(&format!("{GRANT}&token="), length));
            table.add(format!("a body of {length} bytes at {path}"), TOO_LARGE, request);
            let request = table.authenticated(path, "&".repeat(length));
            table.add(format!("{length} ampersands at {path}"), TOO_LARGE, request);
        }
    }
    for (what, body) in [
        ("nothing but ampersands", "&".repeat(BODY_LIMIT)),
        ("nothing but equals signs", "=".repeat(BODY_LIMIT)),
        ("nothing but pluses", "+".repeat(BODY_LIMIT)),
        ("nothing but zero bytes", "\0".repeat(BODY_LIMIT)),
        ("nothing but percent signs", "%".repeat(BODY_LIMIT)),
        ("eight thousand empty parameters", "a&".repeat(BODY_LIMIT / 2)),
        ("four thousand parameters", "a=b&".repeat(BODY_LIMIT / 4)),
        ("nested brackets", format!("a{}=1", "[".repeat(BODY_LIMIT - 3))),
    ] {
        let request = table.authenticated(TOKEN, body);
        table.add(format!("{what}, as many as fit"), INVALID_REQUEST, request);
    }
}

fn missing_tokens(table: &mut Table<'_>) {
    for path in [INTROSPECT, REVOKE] {
        for body in ["", "token", "token=", "Token=x", "token%00=x", "access_token=x", "token_type_hint=access_token"] {
            let request = table.authenticated(path, body);
            table.add(format!("no token in {body:?} at {path}"), INVALID_REQUEST, request);
        }
    }
}

/// What is wrong with an answer, if anything is.
pub fn judge(answer: &Answer, (status, error): Refusal) -> Option<String> {
    let body: serde_json::Value = match serde_json::from_str(&answer.text) {
        Ok(body) => body,
        Err(e) => return Some(format!("{} with a body that is not JSON ({e}): {:?}", answer.status, answer.text)),
    };
    let description = body["error_description"].as_str().unwrap_or("");
    let plain = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    let challenge = answer.header("www-authenticate");
    let checks = [
        (answer.status.as_u16() == status && body["error"] == error, "another refusal"),
        (body.as_object().is_some_and(|body| body.len() == 2), "other members than error and error_description"),
        (!description.is_empty() && description.bytes().all(plain), "a description outside its grammar"),
        (answer.header("content-type") == "application/json", "another content type"),
        (answer.header("cache-control") == "no-store" && answer.header("pragma") == "no-cache", "may be kept"),
        (challenge.starts_with("Basic ") == (status == 401), "a challenge that does not fit"),
        (answer.header("allow") == if status == 405 { "POST" } else { "" }, "an Allow that does not fit"),
        (!answer.header("x-request-id").is_empty(), "no request id"),
    ];
    let wrong: Vec<&str> = checks.iter().filter(|(holds, _)| !holds).map(|(_, what)| *what).collect();
    (!wrong.is_empty()).then(|| format!("{}: {} {} {challenge}", wrong.join(", "), answer.status, answer.text))
}

#[tokio::test]
async fn every_malformed_request_is_refused_as_documented_and_a_good_one_works_after_them() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let mut table = Table { app: &app, client: client.clone(), cases: Vec::new() };
    for group in [
        undecodable_parameters,
        control_characters,
        lookalikes,
        repeated_parameters,
        grant_types,
        scopes,
        resources,
        content_types,
        methods,
        authorization_headers,
        mechanisms,
        identifiers_and_secrets,
        sizes,
        missing_tokens,
    ] {
        group(&mut table);
    }
    let cases = table.cases;
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "no case is there twice");
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (number, Case { name, request, expected }) in cases.into_iter().enumerate() {
        if number % 50 == 0 {
            // a new window of the limit on failures, which is tested on its own
            app.clock.advance(300);
        }
        wrong.extend(judge(&send(request).await, expected).map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{} refused wrongly:\n{}", wrong.len(), wrong.join("\n"));
    app.token(&client, "").await.token();
}

#[tokio::test]
async fn a_request_just_inside_every_limit_gets_a_token() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let start = format!("{GRANT}&state=");
    let fits = format!("{start}{}", "a".repeat(BODY_LIMIT - start.len()));
    app.as_client(&client, TOKEN, &fits).await.token();
    let scopes = vec!["banking/read"; 1_200].join("+");
    assert_eq!(app.token(&client, &format!("scope={scopes}")).await.json()["scope"], "banking/read");
    let resources = vec!["resource=https%3A%2F%2Fbanking.example"; 300].join("&");
    app.token(&client, &resources).await.token();
    let everything = format!("&&{GRANT}&&state=1&state=2&%00=1&a=%00&b=%F0%9F%A6%80&=&");
    app.as_client(&client, TOKEN, &everything).await.token();
    let every_letter: String =
        GRANT.bytes().map(|b| if b == b'=' { "=".into() } else { format!("%{b:02x}") }).collect();
    app.as_client(&client, TOKEN, &every_letter).await.token();
}

#[tokio::test]
async fn a_head_request_is_refused_without_a_body() {
    let app = App::start().await;
    for path in PATHS {
        let answer = send(app.request(Method::HEAD, path)).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow"), answer.text.as_str()), (405, "POST", ""), "{path}");
    }
}
