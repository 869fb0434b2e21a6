//! What `Action` and `NotAction` name (section 2 of the policy language).

use super::facts::{ServiceFacts, is_written_by_vendor};
use super::{ActionText, Findings, Lint, Looked, is_any, is_exact, shorten};
use crate::policy::DocumentKind;
use crate::policy::document::Sense;
use crate::policy::glob::Case;
use crate::policy::lint::globs::overlap;
use crate::strict::nearest;

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    if looked.kind() == DocumentKind::Trust {
        return; // its one action is checked when it is read
    }
    not_action(looked, findings);
    not_resource(looked, findings);
    full_access(looked, findings);
    let word = match looked.statement.actions.0 {
        Sense::Named => "Action",
        Sense::AllBut => "NotAction",
    };
    let patterns = looked.document.patterns_of_actions(looked.statement).iter().enumerate();
    for (place, pattern) in patterns {
        let action = ActionText::new(looked.document.texts.get(pattern.text), place);
        let pointer = looked.pointer(&format!("/{word}/{place}"));
        if !is_exact(action.service) {
            service_wildcard(looked, &action, &pointer, findings);
        } else if let Some(service) = looked.facts.service(action.service) {
            operation(looked, service, &action, &pointer, findings);
        } else {
            unknown_service(looked, &action, &pointer, findings);
        }
    }
}

/// it names everything else, other services included.
fn not_action(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    let all_but = looked.statement.actions.0 == Sense::AllBut;
    if all_but && looked.is_allow() && looked.kind() == DocumentKind::Identity {
        let message =
            "`NotAction` in an Allow grants everything outside the list, of every product";
        let help = "name what is meant in `Action`; to take something away, add a Deny";
        findings.add(Lint::AllowNotAction, &looked.pointer("/NotAction"), message, help);
    }
}

/// R-8, the same for resources.
fn not_resource(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    let all_but = matches!(looked.statement.resources, Some((Sense::AllBut, _)));
    if all_but && looked.is_allow() && looked.kind() == DocumentKind::Identity {
        let message =
            "`NotResource` in an Allow grants every resource outside the list, also those to come";
        let help = "name what is meant in `Resource`; to take something away, add a Deny";
        findings.add(Lint::AllowNotResource, &looked.pointer("/NotResource"), message, help);
    }
}

/// An Allow without conditions for all operations of a product, or of all, on all resources.
fn full_access(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    let applies = looked.kind() == DocumentKind::Identity
        && looked.is_allow()
        && !looked.has_conditions()
        && matches!(looked.statement.resources, Some((Sense::Named, _)));
    if !applies {
        return;
    }
    for action in looked.named_actions().filter(ActionText::takes_all_operations) {
        let every_service = is_any(action.service);
        let mut patterns = looked.document.patterns_of_resources(looked.statement).iter();
        let everywhere = patterns.any(|pattern| {
            let text = looked.document.texts.get(pattern.text);
            let mut segments = text.splitn(5, ':').skip(1);
            let service = segments.next().unwrap_or("*");
            let own = is_any(service) || (!every_service && service == action.service);
            own && segments.all(is_any)
        });
        if everywhere && (every_service || action.exact_service().is_some()) {
            let what = if every_service { "everything" } else { "every operation of the product" };
            let message = format!("`{}` on every resource grants {what}", shorten(action.text));
            let help = "name operations and resources, or attach the system policy that says it";
            let pointer = looked.pointer(&format!("/Action/{}", action.place));
            findings.add(Lint::FullAccess, &pointer, message, help);
        }
    }
}

/// `oss*:GetObject` is also about `ossvector:GetObject`.
fn service_wildcard(
    looked: &Looked<'_>,
    action: &ActionText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    if is_any(action.service) || !looked.is_allow() {
        return;
    }
    let services = looked.facts.services().map(|(code, _)| code);
    let own: Vec<&str> =
        services.filter(|code| overlap(action.service, code, Case::Ignored)).take(4).collect();
    let named = match own.as_slice() {
        [] => "services that do not exist yet".to_owned(),
        some => some.join(", "),
    };
    let message = format!("the service of `{}` is a pattern: {named}", shorten(action.text));
    let help = "write out the services that are meant; new ones are granted as they appear";
    findings.add(Lint::ServiceWildcard, pointer, message, help);
}

fn unknown_service(
    looked: &Looked<'_>,
    action: &ActionText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    // What the catalogue describes is what this gate is about; the other codes are many and short.
    let codes = |complete: bool| -> Vec<&str> {
        let services = looked.facts.services();
        services.filter(|(_, it)| it.complete == complete).map(|(code, _)| code).collect()
    };
    let text = shorten(action.service);
    let likely = nearest(&text, &codes(true));
    if likely.is_none() && !looked.facts.deployed {
        return; // a service of one's own, whose catalogue file is not at hand
    }
    let near = likely.or_else(|| nearest(&text, &codes(false)));
    let message = format!("no service has the code `{text}`");
    let help = match near {
        Some(near) => {
            format!("did you mean `{near}`? A service of one's own needs a catalogue file")
        }
        None => "a service of one's own needs a catalogue file".to_owned(),
    };
    findings.add(Lint::UnknownService, pointer, message, &help);
}

fn operation(
    looked: &Looked<'_>,
    service: &ServiceFacts,
    action: &ActionText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let key = action.operation.to_ascii_lowercase();
    match service.actions.get(&key) {
        Some(facts) if facts.exempt => {
            let message = format!("`{}` needs no permission, so no policy changes it", action.text);
            findings.add(Lint::ExemptAction, pointer, message, "remove it");
        }
        Some(_) => {}
        None => unknown_operation(looked, service, action, pointer, findings),
    }
}

/// Where all actions are known, one that is none of them is never asked for. Where only some are, a misspelt one shows.
fn unknown_operation(
    looked: &Looked<'_>,
    service: &ServiceFacts,
    action: &ActionText<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let mut known = service.actions.values().map(|facts| facts.operation.as_str());
    let exact = action.is_exact();
    if !exact && known.any(|known| overlap(action.operation, known, Case::Ignored)) {
        return;
    }
    let names: Vec<&str> = service.actions.values().map(|facts| facts.operation.as_str()).collect();
    let near = nearest(&shorten(action.operation), &names).filter(|_| exact);
    let text = shorten(action.text);
    let (message, help) = match (looked.facts.meant_by(action.text), near) {
        (Some(meant), _) => (format!("`{text}` is no action"), format!("did you mean `{meant}`?")),
        (None, _) if !service.complete || is_written_by_vendor(action.text) => return,
        (None, Some(near)) => (
            format!("no operation of the catalogue asks for `{text}`"),
            format!("did you mean `{}:{near}`?", action.service),
        ),
        (None, None) => (
            format!("no operation of the catalogue asks for `{text}`"),
            "check the spelling; calls that the catalogue does not list are refused anyway"
                .to_owned(),
        ),
    };
    findings.add(Lint::UnknownAction, pointer, message, &help);
}
