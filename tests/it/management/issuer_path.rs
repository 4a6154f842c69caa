//! A deployment whose issuer has a path.

use serde_json::json;
use shared::http::Issuer;

use crate::support::answer::{refusal, send};
use crate::support::app::{App, TOKEN};
use crate::support::clients::TestClient;
use crate::support::encoding::parts;
use crate::support::people::SESSION;

#[tokio::test]
async fn under_an_issuer_with_a_path_everything_is_below_it() {
    let app = App::with(|configuration| {
        configuration.issuer = Issuer::parse(&format!("{}/realms/partner", configuration.issuer.as_str())).unwrap();
    })
    .await;
    assert!(app.base.ends_with("/realms/partner"));
    let person = app.person(shared::domain::privilege::Role::Owner);
    let signed_in = app.sign_in(&person).await;
    assert_eq!(signed_in.status, 201);
    assert_eq!(signed_in.header("location"), format!("{}{SESSION}", app.base));
    assert!(signed_in.header("set-cookie").ends_with("; Path=/"), "the cookie's prefix allows no other path");
    let owner = app.anonymous().with_cookie(signed_in.cookie());
    let answer = owner.post("/v1/clients", &json!({ "key": "a", "name": "a", "grants": { "banking": "view" } })).await;
    let created = answer.made();
    assert_eq!(answer.header("location"), format!("{}/v1/clients/wallet-acme-a", app.base));
    assert_eq!(created["token_endpoint"], format!("{}{TOKEN}", app.base));
    let token = app.token(&TestClient::created(&created), "").await.token();
    assert_eq!(parts(&token).1["iss"], app.base);
    let problem = owner.get("/v1/nothing").await;
    assert_eq!(problem.problem(), refusal(404, "not-found"));
    let url = problem.json()["type"].as_str().unwrap().to_owned();
    assert_eq!(url, format!("{}/docs/errors#not-found", app.base));
    assert!(send(app.http.get(&url)).await.text.contains(" id=\"not-found\""));
    for outside in ["/v1/clients", "/realms/v1/clients", "/realms/partnerv1/clients", "/docs/errors"] {
        let request = app.http.get(format!("{}{outside}", app.origin)).header("cookie", owner.cookie());
        assert_eq!(send(request).await.status, 404, "{outside}");
    }
    assert_eq!(owner.delete(SESSION).await.status, 204);
}
