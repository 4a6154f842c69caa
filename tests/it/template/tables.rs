//! Tables of the template and those of the schema.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::store::schema::{self, Index, KeyAttribute, Table};

use crate::support::template::{STACK, text, with};

/// A table as the template has to say it.
fn described(table: &Table) -> Value {
    let key = |partition: &KeyAttribute, sort: Option<&KeyAttribute>| {
        let element = |(name, _): &KeyAttribute, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        [Some(element(partition, "HASH")), sort.map(|sort| element(sort, "RANGE"))]
            .into_iter()
            .flatten()
            .collect::<Value>()
    };
    let index = |index: &Index| {
        json!({
            "IndexName": index.name,
            "KeySchema": key(&index.partition, Some(&index.sort)),
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    let keys = [Some(&table.partition), table.sort.as_ref()].into_iter().flatten();
    let keys = keys.chain(table.indexes.iter().flat_map(|index| [&index.partition, &index.sort]));
    let attributes: BTreeMap<&str, &str> = keys.map(|(name, kind)| (*name, kind.as_str())).collect();
    let attributes = attributes.into_iter().map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }));
    let mut described = json!({
        "TableName": table.name_in(STACK),
        "AttributeDefinitions": attributes.collect::<Value>(),
        "KeySchema": key(&table.partition, table.sort.as_ref()),
    });
    if !table.indexes.is_empty() {
        described["GlobalSecondaryIndexes"] = table.indexes.iter().map(index).collect();
    }
    if let Some(attribute) = table.time_to_live {
        described["TimeToLiveSpecification"] = json!({ "AttributeName": attribute, "Enabled": true });
    }
    described
}

#[test]
fn tables_are_those_of_the_schema_and_none_can_be_lost() {
    let safe = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": true,
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:x:1:key/k" },
    });
    let deployed = with(&[("KmsKeyArn", "arn:aws:kms:x:1:key/k")]);
    let mut found = BTreeMap::new();
    for (id, table) in deployed.of_type("AWS::DynamoDB::Table") {
        assert_eq!(
            (&table["DeletionPolicy"], &table["UpdateReplacePolicy"]),
            (&json!("RetainExceptOnCreate"), &json!("Retain")),
            "{id}"
        );
        let mut properties = table["Properties"].clone();
        for (name, value) in safe.as_object().unwrap() {
            assert_eq!(properties.as_object_mut().unwrap().remove(name).as_ref(), Some(value), "{name} of {id}");
        }
        found.insert(text(&properties["TableName"]), properties);
    }
    for table in schema::TABLES {
        let name = table.name_in(STACK);
        let template = found.remove(&name);
        let schema = described(&table);
        assert_eq!(
            template.as_ref(),
            Some(&schema),
            "infra/template.yaml (left) has to say of {name} what the schema does"
        );
    }
    assert!(found.is_empty(), "the schema has no {:?}", found.keys());
    let without = with(&[("DeletionProtection", "false")]);
    for (id, table) in without.of_type("AWS::DynamoDB::Table") {
        let properties = &table["Properties"];
        assert_eq!(properties["DeletionProtectionEnabled"], false, "{id}");
        assert!(properties.get("SSESpecification").is_none(), "{id}");
    }
}
