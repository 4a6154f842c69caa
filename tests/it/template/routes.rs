//! Routes of the HTTP API and the paths that the functions serve.

use token_endpoint::{documents, introspection, revocation, token};

use crate::support::template::{Deployed, text, with};

/// The function that the HTTP API hands a path to: an exact route, else the longest greedy one, else `$default`.
fn serving(deployed: &Deployed, path: &str) -> String {
    let mut best: Option<(usize, String)> = None;
    for (id, route) in deployed.of_type("AWS::ApiGatewayV2::Route") {
        let key = text(&route["Properties"]["RouteKey"]);
        let matched = match key.strip_prefix("ANY ") {
            None => (key == "$default").then_some(0),
            Some(exact) if exact == path => Some(usize::MAX),
            Some(greedy) => greedy
                .strip_suffix("{proxy+}")
                .filter(|prefix| path.len() > prefix.len() && path.starts_with(*prefix))
                .map(str::len),
        };
        let Some(length) = matched else { continue };
        if best.as_ref().is_none_or(|(longest, _)| length >= *longest) {
            let target = text(&route["Properties"]["Target"]);
            let integration = target.strip_prefix("integrations/").unwrap_or_else(|| panic!("{id}: {target}"));
            best = Some((length, text(&deployed.properties(integration)["IntegrationUri"])));
        }
    }
    best.unwrap_or_else(|| panic!("nothing serves {path}")).1
}

#[test]
fn every_path_reaches_the_function_that_serves_it() {
    for issuer_path in ["", "/partner"] {
        let deployed = with(&[("IssuerPath", issuer_path)]);
        let under = |path: &str| format!("{issuer_path}{path}");
        let mut tokens =
            [token::PATH, introspection::PATH, revocation::PATH, documents::JWKS_PATH, documents::OPENID_PATH]
                .map(under)
                .to_vec();
        tokens.push(format!("{}{issuer_path}", documents::OAUTH_PATH));
        for path in tokens {
            assert_eq!(serving(&deployed, &path), "TokenEndpoint.Arn", "{path}");
        }
        for route in management_api::routes() {
            assert_eq!(serving(&deployed, &under(route.path)), "ManagementApi.Arn", "{}", route.path);
        }
        for path in ["", "/", "/nothing", "/oauth2"].map(under) {
            assert_eq!(serving(&deployed, &path), "ManagementApi.Arn", "{path}");
        }
        assert_eq!(deployed.properties("Stage")["StageName"], "$default", "another would be part of every path");
    }
    let behind_path = with(&[("IssuerPath", "/partner")]);
    assert_eq!(serving(&behind_path, token::PATH), "ManagementApi.Arn", "what is not below the issuer is nobody's");
}
