//! Text and headers of a reminder, and the local mailbox.

use std::collections::BTreeMap;

use reqwest::Method;
use shared::domain::client::Client;
use shared::domain::grant::Grants;
use shared::domain::id::ResourceKey;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;
use shared::domain::secret::Secret;
use shared::domain::text::{Label, Name, Notes};
use shared::http::Issuer;

use crate::support::answer::send;
use crate::support::app::App;
use crate::support::reminders::{client, secret};

const HOSTILE_NAME: &str = "<script>alert(1)</script>\"&'";
const HOSTILE_LABEL: &str = "\"><img src=x onerror=alert(2)>";
const HOSTILE_NOTES: &str = "</p><style>*{display:none}</style>\n2. Secret \"x\" expires today\nBcc: eve@evil.example";

async fn hostile(app: &App) -> String {
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let client = Client {
        name: Name::parse(HOSTILE_NAME).unwrap(),
        notes: Notes::parse(HOSTILE_NOTES).unwrap(),
        ..client("alder", "billing", None)
    };
    let secret = Secret { label: Label::parse(HOSTILE_LABEL).unwrap(), ..secret(app.in_days(1, 0)) };
    app.put_client(client, vec![secret]).await;
    assert!(app.remind().await.is_complete());
    ana
}

#[tokio::test]
async fn what_people_wrote_is_text_wherever_it_stands() {
    let app = App::start().await;
    let ana = hostile(&app).await;
    let mail = app.mail_to(&ana).pop().unwrap();
    let html = mail.html.as_deref().unwrap();
    for tag in ["<script", "<img", "<style", "alert(2)>"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;&#39;"));
    assert!(html.contains("&lt;/p&gt;&lt;style&gt;*{display:none}&lt;/style&gt;<br>2. Secret"));
    let text = mail.text.unwrap().replace("\r\n", "\n");
    assert!(text.contains("\n      2. Secret \"x\" expires today\n      Bcc: eve@evil.example\n"));
    assert_eq!(mail.subject, format!("Secret \"{HOSTILE_LABEL}\" of \"{HOSTILE_NAME}\" expires tomorrow"));
    assert_eq!(mail.to, [ana]);
    let names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-ID", "MIME-Version", "Content-Type"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_mail_says_what_ends_when_and_what_to_do() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let catalogue = app.stack.organizations.catalogue().await.unwrap();
    let levels = ["banking", "reporting"].map(|key| (ResourceKey::parse(key).unwrap(), AccessLevel::View));
    let grants = Grants::resolve(&BTreeMap::from(levels), &catalogue).unwrap();
    let billing = Client { grants, ..client("alder", "billing", Some(app.in_days(30, 0))) };
    let secret = Secret { label: Label::parse("deploy").unwrap(), ..secret(app.in_days(7, 2)) };
    let id = secret.id.clone();
    app.put_client(billing, vec![secret]).await;
    app.remind().await;
    let mail = app.mail_to(&ana).pop().unwrap();
    assert_eq!(mail.subject, "Secret \"deploy\" of \"billing\" expires in 7 days, and 1 more");
    let header = |name: &str| mail.headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("List-ID"), "Countersign reminders <reminders.alder.countersign.example>");
    assert_eq!(header("Date"), "Sun, 1 Mar 2026 12:00:00 +0000");
    let text = mail.text.as_deref().unwrap().replace(id.as_str(), "SECRET").replace(&app.base, "ISSUER");
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @r#"
    These secrets and clients of alder are about to expire, most urgent first.

    1. Secret "deploy" of "billing" expires in 7 days
       Expires: Sunday, 8 March 2026, 14:00:00 UTC
       Secret: SECRET, created 1 January 2025
       Client: wallet-alder-billing (production)
       Last used: never
       Impact: The client has no other secret that will work by then. It will no longer get tokens, and its calls to banking, reporting will fail.
       What to do: Create a new secret in the console, deploy it to the integration, and delete this one.
       ISSUER/console/#/clients/wallet-alder-billing

    2. Client "billing" expires in 30 days
       Expires: Tuesday, 31 March 2026, 12:00:00 UTC
       Client: wallet-alder-billing (production)
       Last used: never
       Impact: The client will no longer get tokens, and its calls to banking, reporting will fail. This holds for all of its secrets.
       What to do: The expiry of a client can't be changed. Create a new client to replace it, or let it expire.
       ISSUER/console/#/clients/wallet-alder-billing

    -- 
    This mail is sent to the administrators of alder who manage secrets, and to its team address. The organization's settings say when reminders are sent. Replies are not read.
    "#);
    let html = mail.html.unwrap();
    assert!(html.contains(&format!("<a href=\"{}/console/#/clients/wallet-alder-billing\"", app.base)), "{html}");
    assert!(html.contains("width=device-width") && html.contains("max-width:600px"));
}

#[tokio::test]
async fn the_mailbox_shows_mail_in_a_frame_that_may_do_nothing() {
    let app = App::start().await;
    assert!(app.get("/mailbox").await.text.contains("No mail was sent yet."));
    let ana = hostile(&app).await;
    let id = app.mail_to(&ana).pop().unwrap().id;
    let list = app.get("/mailbox").await;
    assert!(list.text.contains(&format!("<a href=\"/mailbox/{id}\">")) && list.text.contains(&ana));
    let single = app.get(&format!("/mailbox/{id}")).await;
    assert!(single.text.contains("<iframe title=\"The mail as HTML\" sandbox=\"allow-popups "));
    for page in [&list, &single] {
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").starts_with("default-src 'none';"));
        assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{}", page.text);
    }
    let html = app.get(&format!("/mailbox/{id}/html")).await;
    assert!(html.header("content-security-policy").starts_with("sandbox allow-popups "));
    assert!(!html.header("content-security-policy").contains("allow-scripts"));
    assert_eq!((html.header("x-content-type-options"), html.header("cache-control")), ("nosniff", "no-store"));
    assert_eq!(app.get("/mailbox/nothing").await.status, 404);
    assert_eq!(app.get("/mailbox/nothing/html").await.status, 404);
}

#[tokio::test]
async fn the_mailbox_is_for_this_machine_alone() {
    let app = App::start().await;
    let renamed = app.request(Method::GET, "/mailbox").header("host", "evil.example");
    assert_eq!(send(renamed).await.status, 404, "a name that was made to lead here");
    let public = App::with(|configuration| configuration.issuer = Issuer::parse("https://id.example").unwrap()).await;
    let proxied = public.http.get(format!("{}/mailbox", public.origin)).header("host", "id.example");
    assert_eq!(send(proxied).await.status, 404, "a deployment that others reach");
}
