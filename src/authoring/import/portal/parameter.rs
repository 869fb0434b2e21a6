//! Parameters of an API, and the one that a variable of an ARN means (rules 2 and 3 of the importer).

use crate::strict::Node;

use crate::authoring::draft::Style;

/// How a parameter carries its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// One value.
    Plain,
    /// `X.1`, `X.2`, …
    Repeated,
    /// A JSON array of texts.
    Json,
    /// Separated by commas.
    Csv,
    /// In a way that the gate does not read.
    Unreadable(String),
}

/// One parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// As the catalogue writes it: fields of a body begin with `body.`.
    pub(crate) name: String,
    pub(crate) carrier: Carrier,
    /// What a person has to confirm about the carrier.
    pub(crate) doubt: Option<&'static str>,
}

/// A variable that was found, or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// With its braces.
    pub(crate) text: String,
    pub(crate) review: Option<String>,
}

/// More than any API has. Those behind are not found, and what is not found is a question.
const PARAMETERS_MAX: usize = 4096;

/// Words in a description that give a list away.
const LIST_WORDS: [&str; 7] =
    ["json array", "jsonarray", "json 数组", "json数组", "json list", "comma", "逗号"];

/// Reads `parameters` of the portal; the fields of a JSON body are parameters of their own.
pub(super) fn read(list: &[Node], style: Style) -> Vec<Parameter> {
    let mut found = Vec::new();
    for node in list {
        let text = |name: &str| node.get(name).and_then(Node::text);
        let Some(name) = text("name") else { continue };
        let schema = node.get("schema");
        let properties = schema.and_then(|schema| schema.get("properties"));
        match (text("in"), properties) {
            (Some("body"), Some(properties)) if style == Style::Roa => {
                found.extend(properties.entries().iter().map(|(key, node)| field(&key.name, node)));
            }
            (place, _) => found.push(parameter(name, place, text("style"), schema, style)),
        }
    }
    found.truncate(PARAMETERS_MAX);
    found
}

/// A field of the JSON body: only one that is a text can be read.
fn field(name: &str, schema: &Node) -> Parameter {
    let carrier = match schema.get("type").and_then(Node::text) {
        Some("string") => Carrier::Plain,
        _ => Carrier::Unreadable("the field of the body is no text".to_owned()),
    };
    Parameter { name: format!("body.{name}"), carrier, doubt: None }
}

fn parameter(
    name: &str,
    place: Option<&str>,
    list_style: Option<&str>,
    schema: Option<&Node>,
    style: Style,
) -> Parameter {
    let of_schema = |name: &str| schema.and_then(|schema| schema.get(name));
    let kind = of_schema("type").and_then(Node::text).unwrap_or("string");
    let items = of_schema("items").and_then(|items| items.get("type")).and_then(Node::text);
    let unreadable = |why: &str| (Carrier::Unreadable(why.to_owned()), None);
    let can_be_read = match style {
        Style::Rpc => matches!(place, Some("query" | "formData") | None),
        Style::Roa => matches!(place, Some("path" | "query")),
    };
    let (carrier, doubt) = match (kind, list_style) {
        _ if !can_be_read => unreadable("the gate does not read it there"),
        ("array", _) if items == Some("object") => unreadable("it is a list of objects"),
        ("array", Some("repeatList")) => (Carrier::Repeated, None),
        ("array" | "string", Some("json")) => (Carrier::Json, None),
        ("array", Some("simple")) => {
            (Carrier::Csv, Some("the metadata says `simple`: are values separated by commas?"))
        }
        ("array", Some("flat")) => {
            (Carrier::Repeated, Some("the metadata says `flat`: is the list `X.1`, `X.2`, …?"))
        }
        ("array", _) => unreadable("how the list is written is not said"),
        ("object", _) => unreadable("it is an object"),
        _ => (Carrier::Plain, list_in_text(schema)),
    };
    Parameter { name: name.to_owned(), carrier, doubt }
}

/// Rule 3: a plain text stays one value, and a description that speaks of several is reported.
fn list_in_text(schema: Option<&Node>) -> Option<&'static str> {
    let texts = ["description", "title"].into_iter().filter_map(|name| schema?.get(name)?.text());
    let is_list = |text: &str| {
        let lower = text.to_lowercase();
        LIST_WORDS.iter().any(|word| lower.contains(word))
    };
    texts.into_iter().any(is_list).then_some(
        "the description speaks of a list: write `:json`, `:csv` or `:list` if it is one",
    )
}

/// Rule 2. `kind` is the word before the variable: `instance` in `instance/{#id}`.
pub(crate) fn resolve(variable: &str, kind: &str, parameters: &[Parameter]) -> Placeholder {
    let bare = |parameter: &Parameter| {
        parameter.name.strip_prefix("body.").unwrap_or(&parameter.name).to_owned()
    };
    let wanted = [variable.to_owned(), format!("{kind}Id"), format!("{variable}.N")];
    let exact =
        |name: &str| parameters.iter().filter(move |it| bare(it) == name).collect::<Vec<_>>();
    let folded = |name: &str| {
        let fits = |it: &&Parameter| bare(it).eq_ignore_ascii_case(name);
        parameters.iter().filter(fits).collect::<Vec<_>>()
    };
    let [name, of_type, repeated] = &wanted;
    let ways = [exact(name), folded(name), folded(of_type), folded(repeated)];
    let Some(found) = ways.into_iter().find(|found| !found.is_empty()) else {
        return unknown(variable, "no parameter carries it");
    };
    match found.as_slice() {
        [one] => placeholder(variable, one),
        _ => unknown(variable, "several parameters could carry it"),
    }
}

fn placeholder(variable: &str, parameter: &Parameter) -> Placeholder {
    let name = &parameter.name;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        return unknown(variable, "the name of its parameter cannot be written here");
    }
    let text = match &parameter.carrier {
        Carrier::Plain => format!("{{{name}}}"),
        Carrier::Repeated => format!("{{{name}.N}}"),
        Carrier::Json => format!("{{{name}:json}}"),
        Carrier::Csv => format!("{{{name}:csv}}"),
        Carrier::Unreadable(why) => {
            return unknown(variable, &format!("parameter `{name}`: {why}"));
        }
    };
    let review = parameter.doubt.map(|doubt| format!("`{name}`: {doubt}"));
    Placeholder { text, review }
}

fn unknown(variable: &str, why: &str) -> Placeholder {
    // The name says what was looked for; whatever it is made of has to fit between braces.
    let name: String =
        variable.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    let review =
        format!("{{?{name}}} matches no Allow that names one resource, and every Deny: {why}");
    Placeholder { text: format!("{{?{name}}}"), review: Some(review) }
}
