//! Whether `Resource` names what the actions are about (section 3 of the policy language).

use super::facts::{ActionFacts, CONTAINER, ITEM, RegionFacts, ServiceFacts, Shape};
use super::globs::{PART_WITHOUT_SLASH, overlap};
use super::{ActionText, Findings, Lint, Looked, is_any, is_exact, shorten};
use crate::policy::document::Sense;
use crate::policy::glob::Case;

/// A resource pattern, taken apart.
#[derive(Clone, Copy)]
struct ResourceText<'t> {
    text: &'t str,
    service: &'t str,
    region: &'t str,
    relative_id: &'t str,
}

impl<'t> ResourceText<'t> {
    /// `None` for `*`.
    fn new(text: &'t str) -> Option<Self> {
        let mut segments = text.splitn(5, ':').skip(1);
        let (service, region) = (segments.next()?, segments.next()?);
        let relative_id = segments.nth(1)?;
        Some(Self { text, service, region, relative_id })
    }

    fn can_be(&self, asked: &str, shape: &Shape) -> bool {
        match shape {
            Shape::All => {
                overlap(self.service, asked, Case::Exact)
                    && is_any(self.relative_id)
                    && (self.region.is_empty() || is_any(self.region))
            }
            Shape::Named { service, relative_id } => {
                overlap(self.service, service, Case::Exact)
                    && overlap(self.relative_id, relative_id, Case::Ignored)
            }
        }
    }
}

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    let Some((Sense::Named, _)) = looked.statement.resources else { return };
    let patterns = looked.document.patterns_of_resources(looked.statement);
    let texts: Vec<Option<ResourceText<'_>>> = patterns
        .iter()
        .map(|pattern| ResourceText::new(looked.document.texts.get(pattern.text)))
        .collect();
    for (place, resource) in texts.iter().enumerate() {
        let Some(resource) = resource else { continue };
        let pointer = looked.pointer(&format!("/Resource/{place}"));
        if looked.is_allow() {
            literal_region(looked, resource, &pointer, findings);
            open_pattern(looked, resource, &pointer, findings);
        }
    }
    let Some(named) = texts.into_iter().collect::<Option<Vec<_>>>() else { return };
    for action in looked.named_actions() {
        wrong_resource(looked, &action, &named, findings);
        one_level_only(looked, &action, &named, findings);
    }
}

/// an Allow needs to know the region that it names.
fn literal_region(
    looked: &Looked<'_>,
    resource: &ResourceText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let Some(service) =
        looked.facts.service(resource.service).filter(|_| is_exact(resource.service))
    else {
        return;
    };
    let (why, help) = match service.region {
        _ if is_any(resource.region) => return,
        RegionFacts::Undecided => return,
        RegionFacts::Global if matches!(resource.region, "" | "?") => return,
        RegionFacts::Global => ("its resources have none", "write `*` for the region"),
        RegionFacts::Untold => ("no request tells the region", "write `*` for the region"),
        RegionFacts::Unpinned => {
            ("no route pins the region", "set `region` of the route, or write `*` for the region")
        }
    };
    let message = format!(
        "this Allow never matches `{}`: it names a region, and {why}",
        shorten(resource.text)
    );
    findings.add(Lint::LiteralRegion, pointer, message, help);
}

/// `b*` is every bucket that begins so, and everything in them.
fn open_pattern(
    looked: &Looked<'_>,
    resource: &ResourceText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let Some(name) = resource.relative_id.strip_suffix('*') else { return };
    let service = looked.facts.service(resource.service);
    let open = !name.is_empty() && is_exact(name) && !name.contains('/');
    if open && service.is_some_and(ServiceFacts::has_containers) {
        let message = format!(
            "`{}` is everything that begins so: other names too, and all that is in them",
            shorten(resource.text)
        );
        let help = format!("write `…:{name}` and `…:{name}/*`");
        findings.add(Lint::OpenPattern, pointer, message, &help);
    }
}

/// An action that is never asked for on any of the resources.
fn wrong_resource(
    looked: &Looked<'_>,
    action: &ActionText<'_>,
    resources: &[ResourceText<'_>],
    findings: &mut Findings<'_>,
) {
    let Some(code) = action.exact_service() else { return };
    let Some(service) = looked.facts.service(code) else { return };
    if !action.is_exact() && !service.complete {
        return;
    }
    let fits = |facts: &&ActionFacts| {
        !facts.exempt && overlap(action.operation, &facts.operation, Case::Ignored)
    };
    let asked: Vec<&ActionFacts> = service.actions.values().filter(fits).collect();
    let code = code.to_ascii_lowercase();
    let reached = asked
        .iter()
        .flat_map(|facts| &facts.shapes)
        .any(|shape| resources.iter().any(|resource| resource.can_be(&code, shape)));
    let Some(first) = asked.iter().find_map(|facts| facts.shapes.first()).filter(|_| !reached)
    else {
        return;
    };
    let effect = if looked.is_allow() { "allows" } else { "denies" };
    let message = format!(
        "the statement never {effect} `{}`: it is asked for on another kind of resource",
        shorten(action.text)
    );
    let help = match first {
        Shape::All => "write `\"Resource\": \"*\"`: it is not about single resources".to_owned(),
        Shape::Named { service, relative_id } => {
            format!("it is asked for on `acs:{service}:*:*:{}`", shown(relative_id))
        }
    };
    let pointer = looked.pointer(&format!("/Action/{}", action.place));
    findings.add(Lint::WrongResource, &pointer, message, &help);
}

fn shown(relative_id: &str) -> String {
    relative_id.replace([Shape::PART, Shape::STAR], "*").replace(PART_WITHOUT_SLASH, "<name>")
}

/// all operations of a product with containers, on the containers alone or on what is in them alone.
fn one_level_only(
    looked: &Looked<'_>,
    action: &ActionText<'_>,
    resources: &[ResourceText<'_>],
    findings: &mut Findings<'_>,
) {
    let service = action.exact_service().and_then(|code| looked.facts.service(code));
    let applies =
        action.takes_all_operations() && service.is_some_and(ServiceFacts::has_containers);
    if !applies {
        return;
    }
    let code = action.service.to_ascii_lowercase();
    let level = |relative_id: &str| Shape::Named {
        service: code.clone(),
        relative_id: relative_id.to_owned(),
    };
    let (container, item) = (level(CONTAINER), level(ITEM));
    let has = |shape: &Shape| resources.iter().any(|resource| resource.can_be(&code, shape));
    let (missing, what, help) = match (has(&container), has(&item)) {
        (true, false) => (&item, "on what is in the container", "add `…/*` to `Resource`"),
        (false, true) => (
            &container,
            "on the container itself, such as listing",
            "add the ARN without `/*` to `Resource`",
        ),
        _ => return,
    };
    if others_have(looked, &code, missing) {
        return;
    }
    let effect = if looked.is_allow() { "allows" } else { "denies" };
    let message =
        format!("`{}` {effect} no operation {what}: no resource names it", shorten(action.text));
    let pointer = looked.pointer(&format!("/Action/{}", action.place));
    findings.add(Lint::OneLevelOnly, &pointer, message, help);
}

/// Whether another statement of the same effect speaks of that level.
fn others_have(looked: &Looked<'_>, code: &str, shape: &Shape) -> bool {
    let document = looked.document;
    let others =
        document.statements.iter().enumerate().filter(|(index, other)| {
            *index != looked.index && other.effect == looked.statement.effect
        });
    others.flat_map(|(_, other)| document.patterns_of_resources(other)).any(|pattern| {
        let text = document.texts.get(pattern.text);
        ResourceText::new(text).is_none_or(|resource| resource.can_be(code, shape))
    })
}
