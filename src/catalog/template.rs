//! ARN templates: `acs:ecs:{RegionId}:{AccountId}:instance/{InstanceId.N}`.

use smol_str::SmolStr;

use super::reading::is_list;

/// A parsed template.
#[derive(Debug)]
pub(super) enum Template {
    /// `*`: the operation has no resource-level authorisation.
    All,
    /// A parameter that is itself an ARN, and what it has to look like.
    Arn { source: Source, service: SmolStr, kind: String, of: Owner },
    /// The usual five segments.
    Named { service: SmolStr, region: Part, account: Part, relative: Vec<Part> },
}

/// Whose an ARN in a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The account behind the gate.
    Own,
    /// Any account: a role of another one can be assumed.
    Any,
}

/// Literal text or a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Region,
    Account,
    Caller,
    /// `{?X}`: only a look-up could tell.
    Lookup,
    /// The union of several sources.
    Values(Vec<Source>),
}

/// Where a value comes from and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) form: Form,
    /// Whether it is the name of a repeated parameter.
    pub(super) is_list: bool,
}

/// How a value is written in its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Json,
    JsonField(String),
    Csv,
    List,
    Arn,
    Tail,
    Path,
    StripAlias,
}

impl Template {
    /// Parses a template; the error says what is wrong with it.
    pub(super) fn parse(text: &str, must_match: Option<&str>) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix(":arn}")) {
            return whole_arn(inner, must_match);
        }
        if must_match.is_some() {
            return Err("`must_match` goes with a `{x:arn}` placeholder".into());
        }
        let segments = split_outside_braces(text);
        let [scheme, service, region, account, relative] = segments.as_slice() else {
            return Err(
                "an ARN has five segments: acs:<service>:<region>:<account>:<relative id>".into()
            );
        };
        if scheme != "acs" || service.is_empty() || service.contains('{') || relative.is_empty() {
            return Err("an ARN begins with `acs:<service>:` and ends with a relative id".into());
        }
        Ok(Self::Named {
            service: service.into(),
            region: single(region, "region")?,
            account: single(account, "account")?,
            relative: parts(relative)?,
        })
    }

    /// Whether a part of it is known to nobody here.
    pub(super) fn looks_up(&self) -> bool {
        matches!(self, Self::Named { relative, .. } if relative.contains(&Part::Lookup))
    }

    /// Every source that the template reads.
    pub(super) fn sources(&self) -> Vec<&Source> {
        match self {
            Self::All => Vec::new(),
            Self::Arn { source, .. } => vec![source],
            Self::Named { region, relative, .. } => std::iter::once(region)
                .chain(relative)
                .flat_map(|part| match part {
                    Part::Values(sources) => sources.iter().collect(),
                    _ => Vec::new(),
                })
                .collect(),
        }
    }
}

fn whole_arn(inner: &str, must_match: Option<&str>) -> Result<Template, String> {
    let pattern = must_match.ok_or("a `{x:arn}` placeholder needs `must_match`")?;
    let segments: Vec<&str> = pattern.splitn(5, ':').collect();
    let ["acs", service, "*", account, kind] = segments.as_slice() else {
        return Err("`must_match` has the form acs:<service>:*:{AccountId}:<type>/*".into());
    };
    let of = match *account {
        "{AccountId}" => Owner::Own,
        "*" => Owner::Any,
        _ => return Err("the account of `must_match` is {AccountId}, or `*` for any".into()),
    };
    let kind = kind
        .strip_suffix('*')
        .filter(|kind| kind.ends_with('/'))
        .ok_or("`must_match` ends with <type>/*")?;
    let source = Source { name: inner.to_owned(), form: Form::Arn, is_list: is_list(inner) };
    Ok(Template::Arn { source, service: (*service).into(), kind: kind.to_owned(), of })
}

/// Splits at the first four colons that stand outside braces.
fn split_outside_braces(text: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut depth = 0_u32;
    for character in text.chars() {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == ':' && depth == 0 && segments.len() < 5 {
            segments.push(String::new());
        } else if let Some(last) = segments.last_mut() {
            last.push(character);
        }
    }
    segments
}

fn single(text: &str, what: &str) -> Result<Part, String> {
    match text {
        "*" => Ok(Part::Literal("*".into())),
        "{RegionId}" if what == "region" => Ok(Part::Region),
        "{AccountId}" if what == "account" => Ok(Part::Account),
        // The pseudo account that owns the system policies.
        "system" if what == "account" => Ok(Part::Literal(text.to_owned())),
        // A parameter that names the region, such as the target of a copy.
        other if what == "region" && other.starts_with('{') && other.ends_with('}') => {
            match parts(other)?.as_slice() {
                [part @ Part::Values(_)] => Ok(part.clone()),
                _ => Err(format!("`{other}` is no region")),
            }
        }
        other => Err(format!("the {what} segment is `*` or its placeholder, not `{other}`")),
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (literal, after) = rest.split_once('{').unwrap_or((rest, ""));
        if literal.contains('}') {
            return Err("a `}` without its `{`".into());
        }
        if !literal.is_empty() {
            found.push(Part::Literal(literal.to_owned()));
        }
        if literal.len() == rest.len() {
            break;
        }
        let (inner, after) = after.split_once('}').ok_or("a `{` without its `}`")?;
        found.push(placeholder(inner)?);
        rest = after;
    }
    Ok(found)
}

fn placeholder(inner: &str) -> Result<Part, String> {
    match inner {
        "RegionId" => return Ok(Part::Region),
        "AccountId" => return Ok(Part::Account),
        "caller.UserName" => return Ok(Part::Caller),
        "" => return Err("an empty placeholder".into()),
        caller if caller.starts_with("caller.") => {
            return Err(format!("of the caller only the user's name is known, not `{caller}`"));
        }
        lookup if lookup.starts_with('?') => return Ok(Part::Lookup),
        _ => {}
    }
    inner.split('|').map(source).collect::<Result<Vec<_>, _>>().map(Part::Values)
}

pub(super) fn source(text: &str) -> Result<Source, String> {
    let (name, form) = match text.split_once(':') {
        None => (text, Form::Plain),
        Some((name, form)) => (name, read_form(form)?),
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(format!("`{name}` is no parameter name"));
    }
    Ok(Source { name: name.to_owned(), form, is_list: is_list(name) })
}

fn read_form(text: &str) -> Result<Form, String> {
    Ok(match text {
        "json" => Form::Json,
        "csv" => Form::Csv,
        "list" => Form::List,
        "tail" => Form::Tail,
        "path" => Form::Path,
        "strip-alias" => Form::StripAlias,
        "arn" => return Err("`:arn` stands alone, as the whole ARN".into()),
        other => match other.strip_prefix("json.").filter(|field| !field.is_empty()) {
            Some(field) => Form::JsonField(field.to_owned()),
            None => return Err(format!("there is no placeholder form `:{other}`")),
        },
    })
}
