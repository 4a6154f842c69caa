//! Properties of parsers and identifiers, for any input.

use std::borrow::Cow;
use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::domain::client::Environment;
use shared::domain::id::{ClientId, OrganizationKey, SecretId};
use shared::domain::scope::{Scope, ScopeSet};
use shared::domain::secret::SecretPlaintext;
use shared::entropy;
use shared::http::Issuer;
use token_endpoint::form::{Form, decode};

use crate::support::encoding::escaped;

fn scope_token() -> impl Strategy<Value = String> {
    "[!#-\\[\\]-~]{1,20}"
}

proptest! {
    #[test]
    fn decoding_a_form_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(decode(&body));
        drop(Form::parse(&body));
    }

    #[test]
    fn decoding_undoes_every_encoding(text in any::<String>()) {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        prop_assert_eq!(decode(encoded.as_bytes()), Ok(Cow::Borrowed(text.as_str())));
        let escaped = escaped(&text);
        prop_assert_eq!(decode(escaped.as_bytes()), Ok(Cow::Borrowed(text.as_str())));
    }

    #[test]
    fn a_form_reads_as_others_read_it(pairs in prop::collection::vec(("[a-z_]{1,4}", any::<String>()), 0..8)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let form = Form::parse(body.as_bytes()).unwrap();
        let read: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        prop_assert_eq!(&read, &pairs);
        for name in pairs.iter().map(|(name, _)| name).collect::<BTreeSet<_>>() {
            // an empty one counts as absent
            let values: Vec<&str> =
                read.iter().filter(|(other, value)| other == name && !value.is_empty()).map(|(_, value)| value.as_str()).collect();
            prop_assert_eq!(form.all(name).collect::<Vec<_>>(), values.clone());
            match values.as_slice() {
                [] => prop_assert_eq!(form.one(name).ok(), Some(None)),
                [one] => prop_assert_eq!(form.one(name).ok(), Some(Some(*one))),
                _ => prop_assert!(form.one(name).is_err()),
            }
        }
    }

    #[test]
    fn what_is_taken_is_what_others_would_read(body in "[a-c%=&+0-9A-F]{0,30}") {
        if let Ok(form) = Form::parse(body.as_bytes()) {
            for (name, value) in form_urlencoded::parse(body.as_bytes()).filter(|(_, value)| !value.is_empty()) {
                prop_assert!(form.all(&name).any(|other| other == value), "{body}: {name}={value}");
            }
        }
    }

    #[test]
    fn text_is_no_secret_unless_it_was_generated(text in any::<String>()) {
        prop_assert!(SecretPlaintext::parse(&text).is_err());
    }

    #[test]
    fn text_of_the_form_of_a_secret_has_no_right_checksum(text in "cs_[A-Za-z0-9]{12}_[A-Za-z0-9]{32}[A-Za-z0-9]{6}") {
        // one in four thousand millions has, by chance
        prop_assert!(SecretPlaintext::parse(&text).is_err());
    }

    #[test]
    fn a_generated_secret_reads_back_and_no_change_of_it_does(at in 0_usize..54, other in "[A-Za-z0-9_]", cut in 0_usize..54) {
        let secret = SecretPlaintext::generate(&mut entropy::os_rng());
        let text = secret.expose();
        let read = SecretPlaintext::parse(text).ok().unwrap();
        prop_assert_eq!((read.id(), read.expose()), (secret.id(), text));
        let mut changed = text.to_owned();
        changed.replace_range(at..=at, &other);
        prop_assert_eq!(SecretPlaintext::parse(&changed).is_ok(), changed == text);
        prop_assert!(SecretPlaintext::parse(&text[..cut]).is_err());
        let longer = format!("{text}{other}");
        prop_assert!(SecretPlaintext::parse(&longer).is_err());
    }

    #[test]
    fn scopes_read_back_from_what_is_printed(tokens in prop::collection::vec(scope_token(), 1..8), spaces in 1_usize..4) {
        let set = ScopeSet::parse(&tokens.join(&" ".repeat(spaces))).unwrap();
        let printed = set.to_string();
        prop_assert_eq!(&ScopeSet::parse(&printed).unwrap(), &set);
        let unique: BTreeSet<&str> = tokens.iter().map(String::as_str).collect();
        prop_assert_eq!(printed.split(' ').collect::<Vec<_>>(), unique.into_iter().collect::<Vec<_>>());
        prop_assert!(tokens.iter().all(|token| set.contains(&Scope::parse(token).unwrap())));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        drop(ScopeSet::parse(&text));
        drop(ClientId::parse(text.as_str()));
        drop(OrganizationKey::parse(text.as_str()));
        drop(SecretId::parse(text.as_str()));
        drop(Issuer::parse(&text));
        prop_assert!(Environment::from_word(&text).is_none());
    }

    #[test]
    fn an_issuer_is_kept_byte_for_byte(host in "[a-z]{1,10}", path in "(/[a-zA-Z0-9_~-][a-zA-Z0-9._~-]{0,7}){0,3}") {
        let text = format!("https://{host}.example{path}");
        let issuer = Issuer::parse(&text).unwrap();
        prop_assert_eq!(issuer.as_str(), text.as_str());
        let origin = format!("https://{host}.example");
        prop_assert_eq!((issuer.origin(), issuer.path()), (origin.as_str(), path.as_str()));
    }
}
