//! Functions of the template, with the environment of each.

use std::cell::RefCell;
use std::collections::BTreeSet;

use shared::env::Environment;
use shared::store::schema;

use crate::support::functions::READERS;
use crate::support::process::repository;
use crate::support::template::{STACK, with};

#[test]
fn every_function_of_the_workspace_is_deployed() {
    let folders = repository().join("functions").read_dir().unwrap().map(|entry| entry.unwrap());
    let packages: BTreeSet<String> = folders
        .filter(|folder| folder.path().join("Cargo.toml").exists())
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    let deployed = with(&[]);
    let functions = deployed.functions();
    let named: BTreeSet<String> = functions.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(named, packages, "infra/template.yaml (left) and the packages in functions/ (right)");
    for (name, (_, properties)) in functions {
        assert_eq!(properties["CodeUri"], format!("../functions/{name}/"));
        assert_eq!(properties["FunctionName"], format!("countersign-{name}"));
    }
}

#[test]
fn each_function_has_the_variables_that_it_reads_and_no_other() {
    for more in
        [&[][..], &[("DomainName", "id.example"), ("CertificateArn", "arn:aws:acm:x"), ("IssuerPath", "/partner")]]
    {
        let deployed = with(more);
        assert_eq!(deployed.functions().into_keys().collect::<Vec<_>>().len(), READERS.len(), "READERS is incomplete");
        for (function, reader) in READERS {
            let environment = deployed.environment(function);
            let asked = RefCell::new(BTreeSet::new());
            let read = reader(Environment::from_fn(|name| {
                asked.borrow_mut().insert(name.to_owned());
                environment.get(name).cloned()
            }));
            let set: BTreeSet<String> = environment.keys().cloned().collect();
            let asked = asked.into_inner();
            let (missing, idle): (Vec<_>, Vec<_>) =
                (asked.difference(&set).collect(), set.difference(&asked).collect());
            assert!(
                missing.is_empty() && idle.is_empty(),
                "infra/template.yaml: {function} needs {missing:?} under Environment.Variables, and does not read {idle:?}"
            );
            assert_eq!(read, Ok(()), "{function} refuses what infra/template.yaml gives it");
            for table in schema::TABLES {
                let given = environment.get(table.variable);
                assert!(given.is_none_or(|name| *name == table.name_in(STACK)), "{function}: {given:?}");
            }
        }
    }
}

#[test]
fn the_issuer_is_the_domain_or_the_address_of_the_api() {
    let issuer = |more: &[(&str, &str)]| with(more).environment("token-endpoint")["COUNTERSIGN_ISSUER"].clone();
    assert_eq!(issuer(&[]), "https://HttpApi.execute-api.us-east-1.amazonaws.com");
    let domain = [("DomainName", "id.example"), ("CertificateArn", "arn:aws:acm:x"), ("IssuerPath", "/partner")];
    assert_eq!(issuer(&domain), "https://id.example/partner");
    for (function, _) in READERS {
        let environment = with(&domain).environment(function);
        assert!(environment.get("COUNTERSIGN_ISSUER").is_none_or(|issuer| issuer == "https://id.example/partner"));
    }
    assert_eq!(with(&domain).output("Issuer"), "https://id.example/partner");
}
