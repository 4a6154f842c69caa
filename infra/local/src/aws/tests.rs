mod secrets_manager;
mod ses;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;
use tempfile::TempDir;

use super::{LocalAws, StartError, Storage};

const START: i64 = 1_800_000_000;

/// Each look at the clock is a second later than the last.
fn start(storage: Storage) -> Result<LocalAws, StartError> {
    let seconds = AtomicI64::new(START);
    let now = move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap();
    LocalAws::start(storage, Arc::new(now))
}

fn in_memory() -> LocalAws {
    start(Storage::Memory).unwrap()
}

fn in_folder(folder: &Path) -> LocalAws {
    start(Storage::Folder(folder.to_owned())).unwrap()
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap().to_owned()
}

fn owned(error: &str) -> String {
    error.to_owned()
}

#[tokio::test]
async fn a_folder_serves_one_at_a_time() {
    let folder = TempDir::new().unwrap();
    let first = in_folder(folder.path());
    let second = start(Storage::Folder(folder.path().to_owned()));
    assert!(matches!(second, Err(StartError::InUse { .. })));

    first.stop().await;
    in_folder(folder.path());
}

#[tokio::test]
async fn a_table_and_its_items_survive_a_restart() {
    let folder = TempDir::new().unwrap();
    let aws = in_folder(folder.path());
    let dynamodb = aws.dynamodb();
    let id_definition = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let id_key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    dynamodb
        .create_table()
        .table_name("clients")
        .attribute_definitions(id_definition.build().unwrap())
        .key_schema(id_key.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    dynamodb
        .put_item()
        .table_name("clients")
        .item("id", AttributeValue::S(owned("client")))
        .item("name", AttributeValue::S(owned("Billing")))
        .send()
        .await
        .unwrap();
    aws.stop().await;

    let aws = in_folder(folder.path());
    let found = aws
        .dynamodb()
        .get_item()
        .table_name("clients")
        .key("id", AttributeValue::S(owned("client")))
        .send()
        .await
        .unwrap();
    assert_eq!(found.item().unwrap().get("name"), Some(&AttributeValue::S(owned("Billing"))));
}
