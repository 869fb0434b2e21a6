//! Requests to object storage: with everything that the checks ask for, with nothing of it, and with each thing left out or
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::support::ACCOUNT;
use super::super::support::calls::{Call, Check, Route, builtin, read};
use super::facts::{entries, list, placeholders, product, texts};

/// What the generated request carries, under the names of the catalogue.
type Carried = BTreeMap<String, String>;

/// Whether the tests of a `when` hold.
fn holds(when: &Value, carried: &Carried) -> bool {
    entries(when).iter().all(|(name, test)| {
        let value = carried.get(name);
        match entries(test).as_slice() {
            [(word, wanted)] if word == "present" => {
                value.is_some() == (wanted.as_str() == Some("true"))
            }
            [(word, wanted)] if word == "equals" => {
                value.map(String::as_str).unwrap_or_default() == wanted.as_str().unwrap()
            }
            other => panic!("{other:?}"),
        }
    })
}

fn fill(resource: &Value, carried: &Carried) -> Result<String, String> {
    let mut arn = resource["arn"].as_str().unwrap().to_owned();
    for name in placeholders(&arn.clone()) {
        let value = match carried.get(&name) {
            Some(value) => value,
            None if resource["absent"] == "wildcard" => "*",
            None => return Err("missing-parameter".into()),
        };
        arn = arn.replace(&format!("{{{name}}}"), value);
    }
    Ok(arn)
}

/// `each`: what the elements of a batch carry.
fn expected(operation: &Value, carried: &Carried, each: &[Carried]) -> Result<Vec<Check>, String> {
    let mut checks = Vec::new();
    for check in list(&operation["checks"]) {
        if !holds(&check["when"], carried) {
            continue;
        }
        let mut resources = BTreeSet::new();
        for resource in list(&check["resources"]) {
            let of_elements = resource.to_string().contains("body.Delete.Object.N");
            let lone = [Carried::new()];
            for element in if of_elements { each } else { &lone[..] } {
                let mut all = carried.clone();
                all.extend(element.clone());
                if holds(&resource["when"], &all) {
                    resources.insert(fill(&resource, &all)?);
                }
            }
        }
        if !resources.is_empty() {
            let action = check["action"].as_str().unwrap().to_owned();
            checks.push(Check { action, resources: resources.into_iter().collect() });
        }
    }
    checks.sort();
    Ok(checks)
}

/// Every name that an operation's checks read, and the value that makes its `when` true.
fn names(operation: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for check in list(&operation["checks"]) {
        let resources = list(&check["resources"]);
        for when in resources.iter().map(|it| &it["when"]).chain([&check["when"]]) {
            for (name, test) in entries(when) {
                let value = test["equals"].as_str().unwrap_or("v1").to_owned();
                found.push((name, value));
            }
        }
        for resource in &resources {
            let arn = resource["arn"].as_str().unwrap();
            found.extend(placeholders(arn).into_iter().map(|name| (name, "id1".to_owned())));
        }
    }
    found
}

struct Generated {
    call: Call,
    carried: Carried,
    each: Vec<Carried>,
    query: Carried,
    headers: Carried,
    target: String,
}

/// What of all that the checks ask for a request has.
#[derive(Clone, Copy)]
enum Has<'n> {
    Nothing,
    Everything,
    AllBut(&'n str),
    /// With another value than the one that a `when` waits for.
    AllWithOther(&'n str),
}

impl Has<'_> {
    fn has(self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything | Self::AllWithOther(_) => true,
            Self::AllBut(missing) => missing != name,
        }
    }
}

/// A request for an operation of object storage.
fn object_request(operation: &Value, target: &str, has: Has<'_>) -> Generated {
    let matching = &operation["match"];
    let mut carried: Carried = [
        ("AccountId", ACCOUNT),
        ("Bucket", "examplebucket"),
        ("Object", "dir/key"),
        ("source.Bucket", "srcbucket"),
        ("source.Object", "src/key"),
        ("saveas.Bucket", "other-bucket"),
        ("saveas.Object", "dst/k"),
        ("form.key", "up/key"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let (mut query, mut headers) = (Carried::new(), Carried::new());
    for (name, value) in entries(&matching["query"]) {
        let value = match value.as_str().unwrap() {
            "" => "v1",
            "@empty" => "",
            texts => texts.split('|').next_back().unwrap(),
        };
        query.insert(name, value.to_owned());
    }
    for header in texts(&matching["headers"]) {
        let (name, prefix) = header.split_once(": ").unwrap_or((&header, "name1"));
        headers.insert(name.to_owned(), prefix.to_owned());
    }
    for (name, value) in names(operation) {
        let renames = name == "header.x-oss-rename-source";
        let full = has.has(&name);
        let value = match has {
            Has::AllWithOther(other) if other == name => "other1".to_owned(),
            _ => value,
        };
        match name.split_once('.') {
            Some(("query", name)) if full => query.entry(name.to_owned()).or_insert(value),
            Some(("header", name)) if full || renames => {
                headers.entry(name.to_owned()).or_insert(value)
            }
            Some(("form", name)) if full => carried.entry(format!("form.{name}")).or_insert(value),
            Some(("source", "versionId")) if full => {
                carried.entry("source.versionId".to_owned()).or_insert(value)
            }
            _ => continue,
        };
    }
    let uses = |space: &str| names(operation).iter().any(|(name, _)| name.starts_with(space));
    let mut call =
        Call { method: operation["method"].as_str().unwrap().to_owned(), ..Call::default() };
    (call.host, call.path) = match target {
        "service" => ("oss-cn-hangzhou.aliyuncs.com".into(), "/".into()),
        "bucket" => ("examplebucket.oss-cn-hangzhou.aliyuncs.com".into(), "/".into()),
        _ => ("examplebucket.oss-cn-hangzhou.aliyuncs.com".into(), "/dir/key".into()),
    };
    let mut each = Vec::new();
    if uses("body.Delete") {
        let versions: &[Option<&str>] =
            if has.has("body.Delete.Object.N.VersionId") { &[Some("v1"), None] } else { &[None] };
        let mut text = String::new();
        for (index, version) in versions.iter().enumerate() {
            let mut element: Carried =
                [("body.Delete.Object.N.Key".to_owned(), format!("k{index}"))].into();
            text += &format!("<Object><Key>k{index}</Key>");
            if let Some(version) = version {
                element.insert("body.Delete.Object.N.VersionId".into(), (*version).into());
                text += &format!("<VersionId>{version}</VersionId>");
            }
            text += "</Object>";
            each.push(element);
        }
        call.body = Some(format!("<Delete>{text}</Delete>"));
    }
    if uses("saveas.") {
        let name = query.keys().find(|name| name.ends_with("process")).unwrap();
        call.body = Some(format!("{name}=a/b|sys/saveas,b_b3RoZXItYnVja2V0,o_ZHN0L2s"));
    }
    if let Some(source) = headers.get_mut("x-oss-copy-source") {
        let version = carried.get("source.versionId");
        let version = version.map(|version| format!("?versionId={version}")).unwrap_or_default();
        *source = format!("/srcbucket/src/key{version}");
    }
    if uses("form.") {
        headers.remove("content-type");
        let fields = carried.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("form.")?.to_owned(), value.clone()))
        });
        call.form = fields.collect();
    }
    carried.extend(query.iter().map(|(name, value)| (format!("query.{name}"), value.clone())));
    carried.extend(headers.iter().map(|(name, value)| (format!("header.{name}"), value.clone())));
    call.query = query.clone().into_iter().collect();
    call.headers = headers.clone().into_iter().collect();
    if uses("form.") {
        headers.insert("content-type".into(), "multipart/form-data; boundary=x".into());
    }
    Generated { call, carried, each, query, headers, target: target.to_owned() }
}

/// How many conditions of an operation a request fulfils; `None`: it does not fit.
fn weight(
    operation: &Value,
    sub_resources: &BTreeSet<String>,
    request: &Generated,
) -> Option<usize> {
    let matching = &operation["match"];
    let required = entries(&matching["query"]);
    let (absent, optional) = (texts(&matching["query_absent"]), texts(&matching["query_optional"]));
    let (headers, headers_absent) =
        (texts(&matching["headers"]), texts(&matching["headers_absent"]));
    let explained = |name: &&String| {
        optional.contains(name) || required.iter().any(|(known, _)| known == *name)
    };
    let fits = operation["method"] == request.call.method.as_str()
        && texts(&matching["target"]).contains(&request.target)
        && required.iter().all(|(name, wanted)| {
            request.query.get(name).is_some_and(|value| match wanted.as_str().unwrap() {
                "" => true,
                "@empty" => value.is_empty(),
                wanted => wanted.split('|').any(|wanted| wanted == value),
            })
        })
        && absent.iter().all(|name| !request.query.contains_key(name))
        && headers.iter().all(|header| {
            let (name, prefix) = header.split_once(": ").unwrap_or((header, ""));
            request.headers.get(name).is_some_and(|value| value.starts_with(prefix))
        })
        && headers_absent.iter().all(|name| !request.headers.contains_key(name))
        && request
            .query
            .keys()
            .filter(|name| sub_resources.contains(*name))
            .all(|name| explained(&name));
    fits.then_some(required.len() + absent.len() + headers.len() + headers_absent.len())
}

/// Every sub-resource that an operation speaks of.
pub fn sub_resources(operations: &[Value]) -> BTreeSet<String> {
    let of = |operation: &Value| {
        let matching = &operation["match"];
        let required = entries(&matching["query"]).into_iter().map(|(name, _)| name);
        let others = [texts(&matching["query_absent"]), texts(&matching["query_optional"])];
        required.chain(others.concat()).collect::<Vec<_>>()
    };
    operations.iter().flat_map(of).collect()
}

#[test]
fn every_operation_on_objects() {
    let (catalog, operations) = (builtin(), list(&product("oss")["operations"]));
    let sub_resources = sub_resources(&operations);
    let mut wrong = Vec::new();
    let mut asked = 0;
    for operation in &operations {
        let name = operation["name"].as_str().unwrap();
        let read_names = names(operation);
        let changes = read_names.iter().flat_map(|(name, _)| {
            // The header that makes a copy is what selects the operation.
            [Has::AllBut(name), Has::AllWithOther(name)]
        });
        for target in texts(&operation["match"]["target"]) {
            for has in [Has::Nothing, Has::Everything].into_iter().chain(changes.clone()) {
                let request = object_request(operation, &target, has);
                let weights = operations.iter().filter_map(|other| {
                    Some((
                        weight(other, &sub_resources, &request)?,
                        other["name"].as_str().unwrap(),
                    ))
                });
                let mut weights: Vec<_> = weights.collect();
                weights.sort_unstable();
                let tie = matches!(weights.as_slice(), [.., (one, _), (two, _)] if one == two);
                if tie || weights.last().map(|(_, name)| *name) != Some(name) {
                    wrong.push(format!("{name} on {target}: {weights:?}"));
                }
                let expected = expected(operation, &request.carried, &request.each)
                    .map(|checks| (name.to_owned(), checks));
                let found = read(&catalog, &request.call, &Route::default());
                if found != expected {
                    wrong.push(format!(
                        "{name} on {target}: {found:?} instead of {expected:?} for {:?}",
                        request.call
                    ));
                }
                asked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked >= 3 * operations.len(), "{asked}");
}
