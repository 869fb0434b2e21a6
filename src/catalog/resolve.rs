//! A request → the checks it takes (section 2).

use crate::ident::AccountId;
use crate::policy::RelativeId;
use crate::request::Head;
use crate::strict::Json;

use super::attributes::CallAttributes;
use super::host::Located;
use super::model::{
    Absent, Authorization, CheckRule, Operation, ResourceRule, Shape, Style, Test, When,
};
use super::operation::{check_path, select_roa, select_rpc};
use super::reading::{Reading, fits_indexed, is_index};
use super::template::{Form, Owner, Part, Source, Template};
use super::values::{identifier, values};
use super::{
    BodyNeed, Call, Check, Content, Context, OwnedResource, OwnedSegment, Unreadable, Word,
};

/// Combinations of several placeholders in one ARN.
const RESOURCES_MAX: usize = 1000;
/// Parameters that can move a call to another account's resources.
const OWNER_NAMES: &[&str] =
    &["ResourceOwnerId", "ResourceOwnerAccount", "OwnerId", "OwnerAccount"];

impl Located<'_> {
    /// What has to be read of the body.
    pub fn need(&self, head: &Head) -> BodyNeed {
        match self.product.style {
            Style::Rpc if head.is_form() => BodyNeed::Form,
            Style::Rpc => BodyNeed::None,
            Style::Roa => {
                // What neither path rule can read needs no body to be refused.
                let selected =
                    [false, true].iter().find_map(|literal| select_roa(self, head, *literal).ok());
                match selected {
                    Some((operation, _)) if !operation.body_fields.is_empty() => BodyNeed::Json,
                    Some(_) | None => BodyNeed::None,
                }
            }
        }
    }

    /// Reads a request; or says, in one word, why it cannot be read.
    pub fn resolve(
        &self,
        head: &Head,
        content: &Content<'_>,
        context: &Context<'_>,
    ) -> Result<Call, Unreadable> {
        check_path(self.product, head)?;
        let mut reading = Reading::new(head, content, self, context);
        let operation = match self.product.style {
            Style::Rpc => {
                check_rpc_body(head, content)?;
                check_duplicates(&reading)?;
                select_rpc(self.product, head, &reading)?
            }
            Style::Roa => {
                super::operation::path_segments(head.raw_path(), context.literal_paths)?;
                check_duplicates(&reading)?;
                let (operation, captures) = select_roa(self, head, context.literal_paths)?;
                reading.path = captures;
                operation
            }
        };
        check_look_alikes(operation, &reading)?;
        check_account(head, &reading)?;
        check_region(&reading)?;
        check_body(operation, head, content)?;
        let mut checks = Vec::new();
        if operation.auth == Authorization::Checks {
            check_lists(operation, &reading)?;
            for rule in &operation.checks {
                if holds(&rule.when, &reading)? {
                    checks.push(check(rule, &reading)?);
                }
            }
            if checks.is_empty() {
                return Err(Unreadable::new(Word::NoResource, "no check of the operation applies"));
            }
        }
        let attributes = CallAttributes::read(self.product, operation, &reading)?;
        Ok(Call {
            operation: operation.name.clone(),
            auth: operation.auth,
            checks,
            attributes,
            object_use: operation.object_use,
            streaming: operation.streaming,
        })
    }
}

fn check_rpc_body(head: &Head, content: &Content<'_>) -> Result<(), Unreadable> {
    let unsupported = |why: &str| Err(Unreadable::new(Word::UnsupportedBody, why.to_owned()));
    match content {
        Content::Empty => Ok(()),
        Content::Form(_) if head.headers().contains_key("content-encoding") => {
            unsupported("the form is compressed")
        }
        Content::Form(_) => Ok(()),
        Content::Json(_) | Content::Opaque => {
            unsupported("the body of this product's calls is a form")
        }
    }
}

fn check_duplicates(reading: &Reading<'_>) -> Result<(), Unreadable> {
    let mut names: Vec<&str> = reading.parameters().map(|(name, _)| name).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    });
    match twice {
        Some(name) => Err(Unreadable::new(
            Word::DuplicateParameter,
            format!("the parameter `{name}` is given twice"),
        )),
        None => Ok(()),
    }
}

/// A name that equals a used one except for case: another parser may fold it (section 2).
fn check_look_alikes(operation: &Operation, reading: &Reading<'_>) -> Result<(), Unreadable> {
    let common = ["Action", "Version", "RegionId", "regionId"].iter().chain(OWNER_NAMES).copied();
    let used: Vec<&str> = operation.used.iter().map(String::as_str).chain(common).collect();
    for (name, _) in reading.parameters() {
        if reading.path.iter().any(|(key, _)| key == name) {
            continue;
        }
        let exact = used.iter().any(|pattern| *pattern == name || fits_indexed(name, pattern));
        let plain = plain_spelling(name);
        let folded = |pattern: &&str| reads_as(&plain, &lower_but_index(pattern));
        // A broken index has a word of its own, looked for later.
        let broken = used.iter().any(|pattern| is_broken_list(name, pattern));
        if !exact && !broken && used.iter().any(folded) {
            let detail = format!("`{name}` is another spelling of a parameter of the operation");
            return Err(Unreadable::new(Word::LookAlikeParameter, detail));
        }
    }
    let Some(Json::Object(members)) = reading.body else { return Ok(()) };
    for (name, _) in members {
        let alike = |field: &String| field.eq_ignore_ascii_case(name) && **field != **name;
        if operation.body_fields.iter().any(alike) {
            let detail =
                format!("the body's `{name}` equals a field of the operation except for case");
            return Err(Unreadable::new(Word::LookAlikeParameter, detail));
        }
    }
    Ok(())
}

/// A name as lenient servers read it: without case, blanks, `[]`, a trailing dot, and with `[1]` for `.1`.
fn plain_spelling(name: &str) -> String {
    let bare = name.trim().replace("[]", "").replace('[', ".").replace(']', "");
    bare.trim_end_matches('.').trim().to_ascii_lowercase()
}

/// Whether a plain spelling is the pattern, with any number where an index stands, and with an index too few or too
/// many at its end.
fn reads_as(plain: &str, pattern: &str) -> bool {
    let number = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let mut tokens: Vec<&str> = plain.split('.').collect();
    let mut wanted: Vec<&str> = pattern.split('.').collect();
    let same_length = tokens.len() == wanted.len();
    if !same_length && tokens.last().is_some_and(|token| number(token)) {
        tokens.pop();
    }
    if !same_length && wanted.last() == Some(&"N") {
        wanted.pop();
    }
    let fits = |(token, want): (&&str, &&str)| token == want || (*want == "N" && number(token));
    tokens.len() == wanted.len() && tokens.iter().zip(&wanted).all(fits)
}

fn lower_but_index(pattern: &str) -> String {
    let fold = |token: &str| if token == "N" { "N".to_owned() } else { token.to_ascii_lowercase() };
    pattern.split('.').map(fold).collect::<Vec<_>>().join(".")
}

fn check_account(head: &Head, reading: &Reading<'_>) -> Result<(), Unreadable> {
    let account = reading.context.account.to_string();
    let mismatch = |what: &str| {
        Err(Unreadable::new(
            Word::AccountMismatch,
            format!("{what} names another account than the one behind this gate"),
        ))
    };
    for (name, value) in reading.parameters() {
        let owner = OWNER_NAMES.contains(&name) || name.starts_with("Arn.");
        if owner && value != account {
            return mismatch(&format!("`{name}`"));
        }
    }
    if reading.located.label("account").is_some_and(|label| label != account) {
        return mismatch("the host");
    }
    let header = head
        .one("x-fc-account-id")
        .map_err(|error| Unreadable::new(Word::DuplicateParameter, error.to_string()))?;
    if header.is_some_and(|header| header != account) {
        return mismatch("`x-fc-account-id`");
    }
    Ok(())
}

/// Whatever names a region must name the same one, and the one that the route pins (decisions, Region).
fn check_region(reading: &Reading<'_>) -> Result<(), Unreadable> {
    if !reading.located.product.regional {
        return Ok(());
    }
    let mut named: Vec<&str> = Vec::new();
    for name in ["RegionId", "regionId"] {
        if let Some(value) = reading.get(name)? {
            identifier(name, value.to_owned())?;
            named.push(value);
        }
    }
    named.extend(reading.located.label("region"));
    named.extend(reading.context.region);
    if named.windows(2).all(|pair| matches!(pair, [left, right] if left == right)) {
        return Ok(());
    }
    Err(Unreadable::new(
        Word::RegionMismatch,
        "the request, its host and the route do not name one region",
    ))
}

fn check_body(operation: &Operation, head: &Head, content: &Content<'_>) -> Result<(), Unreadable> {
    if operation.body_fields.is_empty() {
        return Ok(());
    }
    let unsupported = |why: &str| Err(Unreadable::new(Word::UnsupportedBody, why.to_owned()));
    if head.headers().contains_key("content-encoding") {
        return unsupported("the body decides and is compressed");
    }
    match content {
        Content::Empty | Content::Json(Json::Object(_)) => Ok(()),
        Content::Json(_) => unsupported("the body is no JSON object"),
        Content::Form(_) | Content::Opaque => {
            unsupported("the body decides and is no JSON document")
        }
    }
}

/// A list parameter without its index, or with anything else in its place, is refused.
fn check_lists(operation: &Operation, reading: &Reading<'_>) -> Result<(), Unreadable> {
    for pattern in operation.used.iter().filter(|name| name.split('.').any(|token| token == "N")) {
        for (name, _) in reading.parameters() {
            if operation.used.iter().any(|used| used == name) || fits_indexed(name, pattern) {
                continue;
            }
            if is_broken_list(name, pattern) {
                let detail = format!("`{name}` is not the list `{pattern}` with an index from 1");
                return Err(Unreadable::new(Word::MalformedList, detail));
            }
        }
    }
    Ok(())
}

fn is_broken_list(name: &str, pattern: &str) -> bool {
    let want: Vec<&str> = pattern.split('.').collect();
    let have: Vec<&str> = name.split('.').collect();
    let Some(first_index) = want.iter().position(|token| *token == "N") else { return false };
    let (prefix, _) = want.split_at(first_index);
    if !have.starts_with(prefix) {
        return false;
    }
    match have.get(first_index) {
        None => true,
        Some(token) if !is_index(token) => true,
        // `Tag.1` where `Tag.N.Key` is read: the list is of another form.
        Some(_) if want.last() == Some(&"N") && have.len() > want.len() => true,
        Some(_) => {
            have.len() < want.len() && want.starts_with(prefix) && have.len() == first_index + 1
        }
    }
}

fn holds(when: &[When], reading: &Reading<'_>) -> Result<bool, Unreadable> {
    for condition in when {
        let holds = match &condition.test {
            Test::Present(wanted) => reading.has(&condition.name) == *wanted,
            // An absent name compares as the empty string.
            Test::In(texts) => {
                let value = reading.get(&condition.name)?.unwrap_or_default();
                texts.iter().any(|text| text == value)
            }
            Test::Not(text) => reading.get(&condition.name)?.unwrap_or_default() != text,
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check(rule: &CheckRule, reading: &Reading<'_>) -> Result<Check, Unreadable> {
    let mut resources: Vec<OwnedResource> = Vec::new();
    let mut applied = false;
    for resource in &rule.resources {
        if !holds(&resource.when, reading)? {
            continue;
        }
        applied = true;
        for found in form(resource, reading)? {
            if !resources.contains(&found) {
                resources.push(found);
            }
        }
    }
    if !applied && rule.resources.iter().all(|resource| resource.required) {
        return Err(Unreadable::new(
            Word::NoResource,
            "none of the operation's resources is in the request",
        ));
    }
    if resources.is_empty() {
        resources.push(OwnedResource::All);
    }
    Ok(Check { service: rule.service.clone(), operation: rule.operation.clone(), resources })
}

fn form(rule: &ResourceRule, reading: &Reading<'_>) -> Result<Vec<OwnedResource>, Unreadable> {
    match &rule.shape {
        Shape::Arn(template) => assemble(template, rule, reading),
        Shape::Switch { parameter, fold, cases, deny } => {
            let Some(value) = reading.get(parameter)? else {
                return match rule.absent {
                    Absent::Wildcard => Ok(vec![OwnedResource::All]),
                    Absent::Skip => Ok(Vec::new()),
                    Absent::Deny | Absent::Caller => Err(missing(parameter)),
                };
            };
            let fits =
                |case: &str| if *fold { case.eq_ignore_ascii_case(value) } else { case == value };
            match cases.iter().find(|(case, _)| fits(case)) {
                Some((_, template)) => assemble(template, rule, reading),
                None if *deny => Err(Unreadable::new(
                    Word::NoResource,
                    format!("`{parameter}` names no resource type of the catalogue"),
                )),
                None => Ok(vec![OwnedResource::All]),
            }
        }
    }
}

fn missing(name: &str) -> Unreadable {
    Unreadable::new(Word::MissingParameter, format!("`{name}` is missing"))
}

/// One resource for each combination of values.
fn assemble(
    template: &Template,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<Vec<OwnedResource>, Unreadable> {
    let (service, region, account, parts) = match template {
        Template::All => return Ok(vec![OwnedResource::All]),
        Template::Arn { source, service, kind, of } => {
            return whole_arn(source, service, kind, *of, rule, reading);
        }
        Template::Named { service, region, account, relative } => {
            (service, region, account, relative)
        }
    };
    let mut texts = vec![String::new()];
    for part in parts {
        let Some(choices) = choices(part, service, rule, reading)? else { return Ok(Vec::new()) };
        if texts.len().saturating_mul(choices.len()) > RESOURCES_MAX {
            return Err(Unreadable::new(
                Word::MalformedList,
                format!("the request touches more than {RESOURCES_MAX} resources"),
            ));
        }
        texts = texts
            .iter()
            .flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}")))
            .collect();
    }
    let region = region_of(region, rule, reading)?;
    let named = |relative_id| OwnedResource::Named {
        service: service.clone(),
        region: region.clone(),
        account: account_of(account, reading),
        relative_id,
    };
    Ok(texts.into_iter().map(named).collect())
}

/// Known only where the route pins it (decisions, Region): a region that a parameter names is known when it is that one.
fn region_of(
    part: &Part,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<OwnedSegment, Unreadable> {
    let pinned = reading.context.region;
    Ok(match part {
        Part::Region => {
            pinned.map_or(OwnedSegment::Unknown, |region| OwnedSegment::Known(region.to_owned()))
        }
        Part::Values(sources) => {
            let mut named = Vec::new();
            for source in sources {
                named.extend(values(reading, source)?);
            }
            match (named.as_slice(), pinned) {
                ([], _) if rule.absent == Absent::Deny => {
                    return Err(missing("the region of the resource"));
                }
                ([region], Some(pinned)) if region == pinned => OwnedSegment::Known(region.clone()),
                _ => OwnedSegment::Unknown,
            }
        }
        _ => OwnedSegment::Global,
    })
}

fn account_of(part: &Part, reading: &Reading<'_>) -> OwnedSegment {
    match part {
        Part::Account => OwnedSegment::Known(reading.context.account.to_string()),
        _ => OwnedSegment::Global,
    }
}

/// The texts that a part can have; `None`: the resource is not part of this request.
fn choices(
    part: &Part,
    service: &str,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<Option<Vec<String>>, Unreadable> {
    let one = |text: String| Ok(Some(vec![text]));
    match part {
        Part::Literal(text) => one(text.clone()),
        Part::Account => one(reading.context.account.to_string()),
        Part::Region => match reading.context.region {
            Some(region) => one(region.to_owned()),
            None => one(RelativeId::UNKNOWN_PART.to_string()),
        },
        Part::Lookup => one(RelativeId::UNKNOWN_PART.to_string()),
        Part::Caller => match reading.context.user {
            Some(user) => one(user.to_owned()),
            None => Err(Unreadable::new(
                Word::MissingParameter,
                "the caller is no RAM user, and the resource is the calling user",
            )),
        },
        Part::Values(sources) => {
            let mut found = Vec::new();
            for source in sources {
                for value in values(reading, source)? {
                    found.push(if source.form == Form::Tail {
                        tail(&value, service, source, reading)?
                    } else {
                        value
                    });
                }
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
            match (rule.absent, reading.context.user) {
                (Absent::Wildcard, _) => one("*".to_owned()),
                (Absent::Skip, _) => Ok(None),
                (Absent::Caller, Some(user)) => one(user.to_owned()),
                (Absent::Caller, None) | (Absent::Deny, _) => {
                    let names: Vec<&str> =
                        sources.iter().map(|source| source.name.as_str()).collect();
                    Err(missing(&names.join("` or `")))
                }
            }
        }
    }
}

/// The resource part of an ARN, or the text itself (`:tail`).
fn tail(
    value: &str,
    service: &str,
    source: &Source,
    reading: &Reading<'_>,
) -> Result<String, Unreadable> {
    let bad = || {
        Unreadable::new(
            Word::BadArn,
            format!("`{}` is no ARN of this product, region and account", source.name),
        )
    };
    let relative = if value.starts_with("acs:") {
        let segments: Vec<&str> = value.splitn(5, ':').collect();
        let [scheme, its_service, region, account, relative] = segments.as_slice() else {
            return Err(bad());
        };
        if *scheme != "acs" {
            return Err(bad());
        }
        let region_fits = region.is_empty() || Some(*region) == reading.context.region;
        let account_fits = account.is_empty() || *account == reading.context.account.to_string();
        if *its_service != service || !region_fits || !account_fits {
            return Err(bad());
        }
        *relative
    } else {
        value
    };
    let fits = relative
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && identifier("", part.to_owned()).is_ok());
    if fits { Ok(relative.to_owned()) } else { Err(bad()) }
}

/// A parameter that is itself an ARN (`:arn` with `must_match`).
fn whole_arn(
    source: &Source,
    service: &str,
    kind: &str,
    of: Owner,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<Vec<OwnedResource>, Unreadable> {
    let plain = Source { name: source.name.clone(), form: Form::Arn };
    let found = values(reading, &plain)?;
    if found.is_empty() {
        return match rule.absent {
            Absent::Skip => Ok(Vec::new()),
            Absent::Wildcard | Absent::Deny | Absent::Caller => Err(missing(&source.name)),
        };
    }
    let account = reading.context.account.to_string();
    let is_owner = |text: &str| match of {
        Owner::Own => text == account,
        Owner::Any => text.parse::<AccountId>().is_ok(),
    };
    let read = |value: &String| {
        let segments: Vec<&str> = value.splitn(5, ':').collect();
        let bad = || {
            Unreadable::new(
                Word::BadArn,
                format!("`{}` is no ARN of the form acs:{service}::{account}:{kind}…", source.name),
            )
        };
        let ["acs", its_service, "" | "*", its_account, relative] = segments.as_slice() else {
            return Err(bad());
        };
        let id = relative.strip_prefix(kind).ok_or_else(bad)?;
        if *its_service != service
            || !is_owner(its_account)
            || identifier("", id.to_owned()).is_err()
        {
            return Err(bad());
        }
        Ok(OwnedResource::Named {
            service: service.to_owned(),
            region: OwnedSegment::Global,
            account: OwnedSegment::Known((*its_account).to_owned()),
            relative_id: (*relative).to_owned(),
        })
    };
    found.iter().map(read).collect()
}
