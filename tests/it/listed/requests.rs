//! Requests for the operations that read parameters and JSON bodies: everything filled, each thing left out or changed,
//! and each two.

use std::collections::{BTreeMap, BTreeSet};

use ramgate::catalog::Catalog;
use ramgate::signature::encode;
use serde_json::Value;

use super::super::support::ACCOUNT;
use super::super::support::calls::{Call, Pairs, Route, builtin, read};
use super::expected::{REGION, Sent, meaning};
use super::facts::{entries, list, placeholders, products, sources, templates, text};

/// What an operation reads under one name.
#[derive(Clone, Debug, Default)]
struct Read {
    form: Option<String>,
    /// What it must be for `must_match`, or the service of the ARN.
    of: String,
    values: Vec<String>,
}

/// Every name that the checks read.
fn names(operation: &Value) -> BTreeMap<String, Read> {
    let mut found: BTreeMap<String, Read> = BTreeMap::new();
    for check in list(&operation["checks"]) {
        let resources = list(&check["resources"]);
        for when in resources.iter().map(|it| &it["when"]).chain([&check["when"]]) {
            for (name, test) in entries(when) {
                // The first element of a list that is read anyway.
                if !name.ends_with(".1") {
                    let values =
                        entries(&test).into_iter().flat_map(|(word, value)| match &value {
                            Value::Array(all) => all.iter().map(|it| text(it).to_owned()).collect(),
                            _ if word == "present" => Vec::new(),
                            _ => vec![text(&value).to_owned()],
                        });
                    found.entry(name).or_default().values.extend(values);
                }
            }
        }
        for resource in &resources {
            if let Some(parameter) = resource["switch"].as_str() {
                let cases = entries(&resource["cases"]).into_iter().map(|(case, _)| case);
                let read = found.entry(parameter.to_owned()).or_default();
                for case in cases {
                    if resource["fold"] == "true" {
                        read.values.push(case.to_ascii_uppercase());
                    }
                    read.values.push(case);
                }
            }
            for arn in templates(resource) {
                let of = resource["must_match"].as_str().unwrap_or(&arn).to_owned();
                for (name, form) in placeholders(&arn).iter().flat_map(|it| sources(it)) {
                    let elsewhere =
                        ["RegionId", "AccountId", "caller.UserName"].contains(&name.as_str());
                    if elsewhere || name.starts_with('?') || name.starts_with("host.") {
                        continue;
                    }
                    let read = found.entry(name).or_default();
                    assert!(read.form.is_none() || read.form.as_ref() == Some(&form), "{arn}");
                    (read.form, read.of) = (Some(form), of.clone());
                }
            }
        }
    }
    for read in found.values_mut() {
        read.values.sort();
        read.values.dedup();
    }
    found
}

/// The ways in which a name can be sent; the first fills it.
fn ways(name: &str, read: &Read) -> Vec<Option<Vec<String>>> {
    let plain = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_ascii_lowercase();
    let id = |number: u8| format!("{plain}-{number}");
    let mut ways: Vec<Vec<String>> = match read.form.as_deref() {
        _ if !read.values.is_empty() => {
            let texts = read.values.iter().filter(|it| !it.is_empty() || read.form.is_none());
            texts.cloned().chain([id(1)]).map(|value| vec![value]).collect()
        }
        Some("arn") => {
            let service = read.of.split(':').nth(1).unwrap();
            let kind = read.of.rsplit([':', '/']).nth(1).unwrap();
            vec![vec![format!("acs:{service}::{ACCOUNT}:{kind}/{}", id(1))]]
        }
        Some("tail") => {
            let service = read.of.split(':').nth(1).unwrap();
            let [bare, long] = ["", &format!("acs:{service}:{REGION}:{ACCOUNT}:")]
                .map(|start| vec![format!("{start}kind/{}", id(1))]);
            vec![bare, long]
        }
        Some("path") => vec![vec![format!("{plain}/{}", id(1))]],
        Some("strip-alias") => vec![vec![format!("alias/{}", id(1))], vec![id(1)]],
        Some("list") => vec![vec![id(1), id(2)], vec![id(1)], vec![id(1), id(2), id(3)]],
        Some("") if !is_list(name) => vec![vec![id(1)]],
        None => vec![vec![id(1)]],
        Some(_) => vec![vec![id(1), id(2)], vec![id(1)]],
    };
    if name.ends_with("RegionId") {
        ways.insert(0, vec![REGION.to_owned()]);
    }
    ways.into_iter().map(Some).chain([None]).collect()
}

fn is_list(name: &str) -> bool {
    name.split('.').any(|token| token == "N")
}

/// The parameters that carry values under a name, as its form writes them.
fn parameters(name: &str, form: &str, values: &[String]) -> Vec<(String, String)> {
    let json = |all: Value| vec![(name.to_owned(), all.to_string())];
    match form {
        // Gaps between the indexes are harmless.
        "" if is_list(name) => {
            let index = |place: usize| (1 + 2 * place).to_string();
            let pairs = values.iter().enumerate();
            pairs.map(|(place, value)| (with_index(name, &index(place)), value.clone())).collect()
        }
        "json" => json(values.to_vec().into()),
        "list" if values.len() == 2 => json(values.to_vec().into()),
        "csv" | "list" => vec![(name.to_owned(), values.join(","))],
        _ => match form.strip_prefix("json.") {
            Some(field) => {
                let one = |value: &String| serde_json::json!({"Weight": 1, field: value});
                json(values.iter().map(one).collect())
            }
            None => vec![(name.to_owned(), values[0].clone())],
        },
    }
}

fn with_index(name: &str, index: &str) -> String {
    let tokens: Vec<&str> =
        name.split('.').map(|token| if token == "N" { index } else { token }).collect();
    tokens.join(".")
}

/// One operation, and how to call it.
struct Asked<'f> {
    product: &'f Value,
    operation: &'f Value,
    names: BTreeMap<String, Read>,
}

impl Asked<'_> {
    fn variables(&self) -> Vec<String> {
        let path = self.operation["path"].as_str().unwrap_or_default();
        placeholders(path)
    }

    /// The ways of each name; variables of the path are always there.
    fn choices(&self) -> Vec<(String, Vec<Option<Vec<String>>>)> {
        let mut found: Vec<_> =
            self.names.iter().map(|(name, read)| (name.clone(), ways(name, read))).collect();
        let variables: Vec<String> =
            self.variables().iter().map(|it| it.trim_end_matches("...").to_owned()).collect();
        found.retain(|(name, _)| !variables.contains(name));
        for variable in self.variables() {
            let value = match variable.strip_suffix("...") {
                Some(rest) => vec![format!("{rest}-1/b"), format!("{rest}-1")],
                // Whatever a segment is, it is data.
                None => vec![format!("{variable}-1"), "a:b*c".to_owned()],
            };
            let name = variable.trim_end_matches("...").to_owned();
            found.push((name, value.into_iter().map(|text| Some(vec![text])).collect()));
        }
        found
    }

    /// The host that has the labels which the operation names, and no others.
    fn host(&self) -> (String, Sent) {
        let text_of = self.operation["checks"].to_string();
        let project = text_of.contains("{host.project}");
        let hosts = list(&self.product["endpoints"]);
        let host = hosts
            .iter()
            .map(text)
            .find(|host| host.contains("{project}") == project && !host.contains("{account}"));
        let host = host.unwrap().replace("{region}", REGION).replace("{project}", "proj");
        let labels = project.then(|| ("host.project".to_owned(), vec!["proj".to_owned()]));
        (host, labels.into_iter().collect())
    }

    /// The request that carries `sent`; every second one in the other of two ways that mean the same.
    fn call(&self, sent: &Sent, other_way: bool) -> Call {
        let (host, _) = self.host();
        let variables: Vec<String> = self.variables();
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut fields = serde_json::Map::new();
        let mut path = self.operation["path"].as_str().unwrap_or("/").to_owned();
        for variable in &variables {
            let name = variable.trim_end_matches("...");
            let value: Vec<String> = if name == variable {
                vec![encode(&sent[name][0])]
            } else {
                sent[name][0].split('/').map(encode).collect()
            };
            path = path.replace(&format!("{{{variable}}}"), &value.join("/"));
        }
        for (name, read) in &self.names {
            let form = read.form.as_deref().unwrap_or_default();
            match (sent.get(name), name.strip_prefix("body.")) {
                _ if variables.iter().any(|it| it.trim_end_matches("...") == name) => {}
                (Some(values), Some(field)) => {
                    fields.insert(field.to_owned(), values[0].clone().into());
                }
                // A field that is null is not there.
                (None, Some(field)) if other_way => {
                    fields.insert(field.to_owned(), Value::Null);
                }
                (Some(values), None) => pairs.extend(parameters(name, form, values)),
                (None, _) => {}
            }
        }
        let is_rpc = self.product["style"] == "rpc";
        if is_rpc {
            let version = text(&self.product["versions"][0]).to_owned();
            pairs.push(("Version".into(), version));
            pairs.push(("Action".into(), text(&self.operation["name"]).to_owned()));
        }
        for (name, value) in entries(&self.operation["match"]["query"]) {
            pairs.push((name, text(&value).to_owned()));
        }
        let mut call = Call { host, path, ..Call::default() };
        call.method = self.operation["method"].as_str().unwrap_or("POST").to_owned();
        if is_rpc && other_way {
            let encoded: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
                .collect();
            call.headers = Pairs::of(&[("content-type", "application/x-www-form-urlencoded")]);
            call.body = Some(encoded.join("&"));
        } else {
            call.query = pairs.into_iter().collect();
            call.body = (!fields.is_empty()).then(|| Value::Object(fields).to_string());
        }
        call
    }
}

/// How often each ending was met.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    endings: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn ask(&mut self, catalog: &Catalog, asked: &Asked<'_>, sent: &Sent) {
        self.asked += 1;
        let call = asked.call(sent, self.asked.is_multiple_of(2));
        let mut known = sent.clone();
        known.extend(asked.host().1);
        let expected = meaning(asked.operation, &known);
        let regional = asked.product["scope"] == "regional";
        let route = Route { region: regional.then_some(REGION), ..Route::default() };
        let found = read(catalog, &call, &route);
        if found != expected {
            self.wrong.push(format!("{found:?} instead of {expected:?} for {call:?}"));
        }
        let ending = expected.err().unwrap_or_else(|| "checks".into());
        *self.endings.entry(ending).or_default() += 1;
    }
}

/// Everything filled, nothing filled, and from each of these every change of one name and of two.
fn variants(choices: &[(String, Vec<Option<Vec<String>>>)]) -> Vec<Sent> {
    let full: Vec<usize> = choices.iter().map(|_| 0).collect();
    let empty: Vec<usize> = choices.iter().map(|(_, ways)| ways.len() - 1).collect();
    let changes: Vec<(usize, usize)> = choices
        .iter()
        .enumerate()
        .flat_map(|(name, (_, ways))| (0..ways.len()).map(move |way| (name, way)))
        .collect();
    let mut found = Vec::new();
    for base in [full, empty] {
        for (place, first) in changes.iter().enumerate() {
            for second in changes.iter().skip(place) {
                let mut picked = base.clone();
                picked[first.0] = first.1;
                picked[second.0] = second.1;
                found.push(picked);
            }
        }
        found.push(base);
    }
    found.sort();
    found.dedup();
    let sent = |picked: Vec<usize>| {
        let chosen = choices.iter().zip(picked);
        chosen.filter_map(|((name, ways), way)| Some((name.clone(), ways[way].clone()?))).collect()
    };
    found.into_iter().map(sent).collect()
}

#[test]
fn every_operation_with_parameters_and_bodies() {
    let catalog = builtin();
    let mut tally = Tally::default();
    let (mut operations_asked, mut forms) = (0, BTreeSet::new());
    for product in products().iter().filter(|product| product["style"] != "oss") {
        for operation in &list(&product["operations"]) {
            let asked = Asked { product, operation, names: names(operation) };
            for sent in variants(&asked.choices()) {
                tally.ask(&catalog, &asked, &sent);
            }
            operations_asked += 1;
            forms.extend(asked.names.into_values().filter_map(|read| read.form));
        }
    }
    assert!(
        tally.wrong.is_empty(),
        "{} of {}: {:#?}",
        tally.wrong.len(),
        tally.asked,
        &tally.wrong[..5]
    );
    assert!(operations_asked > 1_150, "{operations_asked}");
    let all = ["", "arn", "csv", "json", "json.ServerId", "list", "path", "strip-alias", "tail"];
    assert_eq!(forms, all.map(str::to_owned).into());
    for ending in ["checks", "missing-parameter", "no-resource"] {
        assert!(tally.endings[ending] >= 20, "{:?}", tally.endings);
    }
}
