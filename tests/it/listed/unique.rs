//! No request means two operations of a product.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::support::calls::{Call, Route, builtin, read};
use super::expected::REGION;
use super::facts::{entries, list, product, products, text, texts};
use super::objects::sub_resources;

#[test]
fn names_select_one_operation() {
    for product in products().iter().filter(|product| product["style"] == "rpc") {
        let operations = list(&product["operations"]);
        let names: BTreeSet<String> =
            operations.iter().map(|it| text(&it["name"]).to_ascii_lowercase()).collect();
        assert_eq!(names.len(), operations.len(), "{}", product["product"]);
    }
}

/// A path that both templates take, if there is one.
fn common_path(left: &str, right: &str) -> Option<String> {
    let (left, right): (Vec<&str>, Vec<&str>) =
        (left.split('/').collect(), right.split('/').collect());
    let mut path = Vec::new();
    for place in 0..left.len().max(right.len()) {
        let (one, other) = (at(&left, place), at(&right, place));
        path.push(match (one, other) {
            (None, _) | (_, None) => return None,
            (Some(text), Some(variable)) if !text.starts_with('{') && takes(variable, text) => text,
            (Some(variable), Some(text)) if !text.starts_with('{') && takes(variable, text) => text,
            (Some(one), Some(other)) if one.starts_with('{') && other.starts_with('{') => "v",
            _ => return None,
        });
    }
    Some(path.join("/"))
}

/// The part of a template for one place of a path; the last part may take the rest.
fn at<'t>(parts: &[&'t str], place: usize) -> Option<&'t str> {
    let rest = parts.last().filter(|last| last.ends_with("...}"));
    parts.get(place).or(rest).copied()
}

fn takes(part: &str, text: &str) -> bool {
    part.starts_with('{') && !text.is_empty() || part == text
}

/// How specific an operation is in a request that it fits: where its path is literal, how many query values and labels of
/// the host it asks for.
fn fits(
    operation: &Value,
    path: &str,
    query: &[(String, String)],
    project: bool,
) -> Option<[usize; 3]> {
    let template: Vec<&str> = text(&operation["path"]).split('/').collect();
    let segments: Vec<&str> = path.split('/').collect();
    let open = template.last().is_some_and(|last| last.ends_with("...}"));
    let long_enough =
        if open { segments.len() >= template.len() } else { segments.len() == template.len() };
    let placed = segments.iter().enumerate();
    let taken =
        placed.clone().all(|(place, it)| at(&template, place).is_some_and(|part| takes(part, it)));
    let wanted = entries(&operation["match"]["query"]);
    let asked = wanted
        .iter()
        .all(|(name, value)| query.iter().any(|(known, it)| known == name && it == text(value)));
    let names_project = operation["checks"].to_string().contains("{host.project}");
    let literals = template.iter().filter(|part| !part.starts_with('{')).count();
    (long_enough && taken && asked && (project || !names_project)).then_some([
        literals,
        wanted.len(),
        usize::from(names_project),
    ])
}

#[test]
fn a_method_and_a_path_select_one_operation() {
    let catalog = builtin();
    let (mut asked, mut wrong, mut undecided) = (0, Vec::new(), BTreeSet::new());
    for product in products().iter().filter(|product| product["style"] == "roa") {
        let operations = list(&product["operations"]);
        for (place, one) in operations.iter().enumerate() {
            for other in
                operations.iter().skip(place + 1).filter(|it| it["method"] == one["method"])
            {
                let Some(path) = common_path(text(&one["path"]), text(&other["path"])) else {
                    continue;
                };
                let queries: Vec<(String, String)> = [one, other]
                    .into_iter()
                    .flat_map(|it| entries(&it["match"]["query"]))
                    .map(|(name, value)| (name, text(&value).to_owned()))
                    .collect();
                // Both queries where they agree; otherwise a request with both is refused as a repetition.
                let names: BTreeSet<&String> = queries.iter().map(|(name, _)| name).collect();
                let distinct: BTreeSet<&(String, String)> = queries.iter().collect();
                let query: Vec<(String, String)> =
                    distinct.iter().map(|it| (*it).clone()).collect();
                for project in [false, true] {
                    let label = if project { "proj." } else { "" };
                    let host = match text(&product["product"]) {
                        "sls" => format!("{label}{REGION}.log.aliyuncs.com"),
                        _ => format!("fcv3.{REGION}.aliyuncs.com"),
                    };
                    let call = Call {
                        method: text(&one["method"]).to_owned(),
                        host,
                        path: path.clone(),
                        query: query.clone().into_iter().collect(),
                        ..Call::default()
                    };
                    let route = Route { region: Some(REGION), ..Route::default() };
                    let found = read(&catalog, &call, &route).map(|(operation, _)| operation);
                    let expected = if names.len() < distinct.len() {
                        Err("duplicate-parameter".to_owned())
                    } else {
                        winner(&operations, text(&one["method"]), &path, &query, project)
                    };
                    let readable = matches!(
                        found.as_ref().map_err(String::as_str),
                        Err("missing-parameter" | "no-resource" | "unsupported-body")
                    );
                    if found != expected && !(readable && expected.is_ok()) {
                        wrong.push(format!("{found:?} instead of {expected:?} for {call:?}"));
                    }
                    if expected.as_ref().is_err_and(|word| word == "ambiguous") {
                        undecided.insert(format!("{} {}", text(&other["name"]), call.path));
                    }
                    asked += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // No shard is called `lb`: the path favours PutLogs, the query another operation, and nobody needs to ask for it.
    let known = ["MergeShard /logstores/v/shards/lb", "SplitShard /logstores/v/shards/lb"];
    assert_eq!(undecided, known.map(str::to_owned).into());
    assert!(asked >= 30, "{asked}");
}

/// The operation that is the most specific in everything.
fn winner(
    operations: &[Value],
    method: &str,
    path: &str,
    query: &[(String, String)],
    project: bool,
) -> Result<String, String> {
    let same = operations.iter().filter(|it| it["method"] == method);
    let fitting: Vec<(&Value, [usize; 3])> =
        same.filter_map(|it| Some((it, fits(it, path, query, project)?))).collect();
    let best = fitting.iter().find(|(it, rank)| {
        fitting.iter().all(|(other, less)| {
            let covers = rank.iter().zip(less).all(|(high, low)| high >= low);
            std::ptr::eq(*it, *other) || covers && rank != less
        })
    });
    match best {
        Some((operation, _)) => Ok(text(&operation["name"]).to_owned()),
        None if fitting.is_empty() => Err("unknown-operation".to_owned()),
        None => Err("ambiguous".to_owned()),
    }
}

/// A request that two operations on objects could both be meant by, if there is one: the conditions of both.
fn merged(one: &Value, other: &Value, target: &str) -> Option<Call> {
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    let mut choices: Vec<(String, Vec<String>)> = Vec::new();
    for (name, wanted) in [one, other].into_iter().flat_map(|it| entries(&it["match"]["query"])) {
        let all: Vec<String> = match text(&wanted) {
            "" => Vec::new(),
            "@empty" => vec![String::new()],
            texts => texts.split('|').map(str::to_owned).collect(),
        };
        match choices.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if known.is_empty() => *known = all,
            Some((_, known)) if !all.is_empty() => {
                known.retain(|it| all.contains(it));
                if known.is_empty() {
                    return None;
                }
            }
            Some(_) => {}
            None => choices.push((name, all)),
        }
    }
    for (name, all) in choices {
        query.push((name, all.first().cloned().unwrap_or_else(|| "v1".to_owned())));
    }
    for header in [one, other].into_iter().flat_map(|it| texts(&it["match"]["headers"])) {
        let (name, prefix) = header.split_once(": ").unwrap_or((&header, ""));
        let value = if name == "x-oss-copy-source" { "/srcbucket/key" } else { prefix };
        let value = if value.is_empty() { "name1" } else { value };
        if !headers.iter().any(|(known, _)| known == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let (host, path) = match target {
        "service" => ("oss-cn-hangzhou.aliyuncs.com", "/"),
        "bucket" => ("examplebucket.oss-cn-hangzhou.aliyuncs.com", "/"),
        _ => ("examplebucket.oss-cn-hangzhou.aliyuncs.com", "/key"),
    };
    Some(Call {
        method: text(&one["method"]).to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.into_iter().collect(),
        headers: headers.into_iter().collect(),
        ..Call::default()
    })
}

/// How many conditions an operation on objects has, if the request fulfils them.
fn conditions(
    operation: &Value,
    subs: &BTreeSet<String>,
    call: &Call,
    target: &str,
) -> Option<usize> {
    let matching = &operation["match"];
    let (query, headers) = (call.query.list(), call.headers.list());
    let find = |pairs: &[(&str, &str)], name: &str| {
        pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let wanted = entries(&matching["query"]);
    let has = wanted.iter().all(|(name, test)| {
        find(&query, name).is_some_and(|value| match text(test) {
            "" => true,
            "@empty" => value.is_empty(),
            all => all.split('|').any(|it| it == value),
        })
    });
    let (absent, optional) = (texts(&matching["query_absent"]), texts(&matching["query_optional"]));
    let explained = query.iter().filter(|(name, _)| subs.contains(*name)).all(|(name, _)| {
        wanted.iter().any(|(known, _)| known == name) || optional.iter().any(|it| it == name)
    });
    let headed = texts(&matching["headers"]);
    let has_headers = headed.iter().all(|header| {
        let (name, prefix) = header.split_once(": ").unwrap_or((header, ""));
        find(&headers, name).is_some_and(|value| value.starts_with(prefix))
    });
    let headless = texts(&matching["headers_absent"]);
    let fits = operation["method"] == call.method.as_str()
        && texts(&matching["target"]).iter().any(|it| it == target)
        && has
        && explained
        && has_headers
        && absent.iter().all(|name| find(&query, name).is_none())
        && headless.iter().all(|name| find(&headers, name).is_none());
    fits.then_some(wanted.len() + absent.len() + headed.len() + headless.len())
}

#[test]
fn conditions_on_objects_select_one_operation() {
    let catalog = builtin();
    let operations = list(&product("oss")["operations"]);
    let subs = sub_resources(&operations);
    let (mut asked, mut wrong) = (0, Vec::new());
    for (place, one) in operations.iter().enumerate() {
        for other in operations.iter().skip(place + 1).filter(|it| it["method"] == one["method"]) {
            let targets = texts(&other["match"]["target"]);
            for target in texts(&one["match"]["target"]).iter().filter(|it| targets.contains(it)) {
                let Some(call) = merged(one, other, target) else { continue };
                let mut weights: Vec<(usize, &str)> = operations
                    .iter()
                    .filter_map(|it| {
                        Some((conditions(it, &subs, &call, target)?, text(&it["name"])))
                    })
                    .collect();
                weights.sort_unstable();
                if matches!(weights.as_slice(), [.., (less, _), (most, _)] if less == most) {
                    wrong.push(format!("{weights:?} are all meant by {call:?}"));
                }
                let found =
                    read(&catalog, &call, &Route::default()).map(|(operation, _)| operation);
                let agrees = match (&found, weights.last()) {
                    (Ok(name), Some((_, expected))) => name == expected,
                    (Ok(_), None) => false,
                    (Err(word), None) => word == "ambiguous" || word == "unknown-operation",
                    // Its body or its form is not there.
                    (Err(word), Some(_)) => ["unsupported-body", "missing-parameter", "ambiguous"]
                        .contains(&word.as_str()),
                };
                if !agrees {
                    wrong.push(format!("{found:?} where {weights:?} fit {call:?}"));
                }
                asked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 1_000, "{asked}");
}
