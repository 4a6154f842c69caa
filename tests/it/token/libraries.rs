//! Common OAuth libraries as clients of a deployment.

use std::path::Path;

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AccessToken, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, IntrospectionUrl, RequestTokenError,
    RevocationUrl, Scope, StandardRevocableToken, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};
use shared::clock::Clock;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;
use tokio::process::Command;

use crate::support::app::{App, INTROSPECT, REVOKE, TOKEN};

const ISSUER: &str = "https://id.example/realms/partner";

/// Sends what the library asks for, as a TLS terminator in front of the deployment passes it on.
async fn pass_on(app: &App, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    parts.uri = format!("{}{path}", app.origin).parse().unwrap();
    let answer = app.http.execute(http::Request::from_parts(parts, body).try_into()?).await?;
    let mut response = http::Response::builder().status(answer.status());
    response.headers_mut().unwrap().clone_from(answer.headers());
    Ok(response.body(answer.bytes().await?.to_vec()).unwrap())
}

#[tokio::test]
async fn the_oauth2_crate_gets_introspects_and_revokes_a_token_with_either_authentication() {
    let app = App::with(|configuration| configuration.issuer = Issuer::parse(ISSUER).unwrap()).await;
    let client = app.demo_client();
    let http = |request: HttpRequest| pass_on(&app, request);
    let library = |secret: &str, auth_type: AuthType| {
        BasicClient::new(ClientId::new(client.id.clone()))
            .set_client_secret(ClientSecret::new(secret.to_owned()))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::new(format!("{ISSUER}{TOKEN}")).unwrap())
            .set_introspection_url(IntrospectionUrl::new(format!("{ISSUER}{INTROSPECT}")).unwrap())
            .set_revocation_url(RevocationUrl::new(format!("{ISSUER}{REVOKE}")).unwrap())
    };
    for auth_type in [AuthType::BasicAuth, AuthType::RequestBody] {
        let library = library(&client.secret, auth_type.clone());
        let read = Scope::new("banking/read".to_owned());
        let answer = library.exchange_client_credentials().add_scope(read.clone()).request_async(&http).await.unwrap();
        assert_eq!(answer.token_type().as_ref(), "bearer");
        assert_eq!((answer.scopes(), answer.expires_in().unwrap().as_secs()), (Some(&vec![read]), 900));
        assert!(answer.refresh_token().is_none());

        let token: AccessToken = answer.access_token().clone();
        let said = library.introspect(&token).set_token_type_hint("access_token").request_async(&http).await.unwrap();
        assert!(said.active());
        assert_eq!((said.client_id().unwrap().as_str(), said.iss()), (client.id.as_str(), Some(ISSUER)));
        assert_eq!(said.aud().unwrap(), &["https://banking.example".to_owned()]);
        assert_eq!(said.exp().unwrap().timestamp(), app.now().as_second() + 900);

        let revocable = StandardRevocableToken::AccessToken(token.clone());
        library.revoke_token(revocable).unwrap().request_async(&http).await.unwrap();
        assert!(!library.introspect(&token).request_async(&http).await.unwrap().active());
    }
    for auth_type in [AuthType::BasicAuth, AuthType::RequestBody] {
        // what a library would escape differently from others
        for secret in ["wrong", "w r+o&n=g%:/é~*'()!"] {
            let refused = library(secret, auth_type.clone()).exchange_client_credentials().request_async(&http).await;
            let Err(RequestTokenError::ServerResponse(error)) = refused else { panic!("{refused:?}") };
            assert_eq!(error.error(), &BasicErrorResponseType::InvalidClient);
            assert_eq!(error.error_description().unwrap(), "Client authentication failed.");
        }
    }
}

#[tokio::test]
async fn authlib_discovers_verifies_introspects_and_revokes() {
    let Some(python) = std::env::var_os("COUNTERSIGN_PYTHON") else {
        assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "COUNTERSIGN_PYTHON is not set");
        eprintln!(
            "SKIPPED: Authlib was not tried. To try it: pip install Authlib requests joserfc, \
             and name that Python in COUNTERSIGN_PYTHON."
        );
        return;
    };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/authlib_client.py");
    for (algorithm, path) in
        [(SigningAlgorithm::Rs256, ""), (SigningAlgorithm::Es256, "/realms/partner"), (SigningAlgorithm::EdDsa, "")]
    {
        let app = App::with(|configuration| {
            configuration.issuer = Issuer::parse(&format!("{}{path}", configuration.issuer.as_str())).unwrap();
            configuration.signing_algorithm = algorithm;
            // the library looks at the real time
            configuration.clock = Clock::System;
        })
        .await;
        let client = app.demo_client();
        let ran = Command::new(&python).arg(&program).args([&app.base, &client.id, &client.secret]).output().await;
        let ran = ran.unwrap_or_else(|e| panic!("{} cannot be run: {e}", python.display()));
        let said = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{algorithm:?} {path:?}: {}\n{}", said.0, said.1);
        assert_eq!(said.0, "ok\n", "{}", said.1);
    }
}
