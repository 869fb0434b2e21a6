//! `ramgate explain`: why a call is permitted or refused, from the same layers that the gate decides by.

mod answer;
mod context;
mod subject;
mod target;

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::clock;
use crate::config::Config;
use crate::ident::SessionName;
use crate::policy::{self, AccessRequest, Action, ResourceGroup};
use crate::reload;
use crate::snapshot::{Snapshot, caller_of, owner_of};
use crate::strict::nearest;

use super::check::report;
use super::output::{print, print_json};
use answer::Report;
use context::{Context, OfGroup};
use subject::Subject;
use target::Target;

/// The question.
#[derive(Debug, clap::Args)]
pub(super) struct Question {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Who asks: a user, `role/NAME`, `root`, `anonymous`, an ARN, or an AccessKey id.
    #[arg(long, value_name = "NAME|ARN|KEY")]
    principal: String,
    /// What is to be done, `ecs:StopInstance`.
    #[arg(long)]
    action: String,
    /// What it touches: an ARN, or `*` for an action that has no resource.
    #[arg(long)]
    resource: String,
    /// A value of a condition key; repeat it for several values.
    #[arg(long, value_name = "KEY=VALUE", value_parser = context::pair)]
    context: Vec<(String, String)>,
    /// A condition key that nobody can know.
    #[arg(long, value_name = "KEY")]
    unknown: Vec<String>,
    /// Where the call comes from, `acs:SourceIp`.
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// The session of a role.
    #[arg(long, value_name = "NAME", default_value = "explain")]
    session_name: SessionName,
    /// Take condition keys that are not given as absent. A running gate does not: what it cannot know denies.
    #[arg(long)]
    assume_absent: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the explanation. Succeeds when there is one, whatever the verdict.
pub(super) fn run(question: &Question) -> Result<ExitCode, String> {
    let now = clock::now();
    let loaded = reload::load(&question.config, now)
        .map_err(|problems| format!("the files are refused\n{}", report(&problems)))?;
    let world = loaded.current.load();
    let subject =
        subject::find(&question.principal, &question.session_name, &world, &loaded.config, now)?;
    let found = ask(question, &loaded.config, &world.snapshot, &subject)?;
    if question.json {
        print_json(&found)?
    } else {
        print(&found.to_text())?
    }
    Ok(ExitCode::SUCCESS)
}

/// One question to the policies, put as the gate puts it.
fn ask(
    question: &Question,
    config: &Config,
    snapshot: &Snapshot,
    subject: &Subject,
) -> Result<Report, String> {
    let mut notes = subject.notes.clone();
    let action = action(&question.action, snapshot, &mut notes)?;
    let target = Target::read(&question.resource, config, snapshot.catalog(), &mut notes)?;
    let resource = target.as_resource();
    let principal = subject.principal.as_ref();
    let context = Context::new(question, subject, clock::now());
    let unknown = OfGroup { context: &context, group: ResourceGroup::Unknown };
    let catalog = snapshot.catalog();
    let traits = catalog.traits(action.service);
    if principal.is_none() && !traits.admits_strangers() {
        notes.push("the gate refuses calls without credentials to this product".to_owned());
    }
    let access = AccessRequest {
        caller: caller_of(principal),
        action,
        resource,
        owner: owner_of(&resource, config.account),
        exempt: catalog.is_exempt(&action),
        traits,
        public_blocked: snapshot.resources().blocks_public(),
        attributes: &unknown,
    };
    let group = snapshot.resources().group_of(&access);
    let known = OfGroup { context: &context, group };
    let access = AccessRequest { attributes: &known, ..access };
    let session = subject.access_key_id.as_deref().and_then(|id| snapshot.session_policy(id));
    let object = catalog.object_use(&action);
    let layers = snapshot.layers(principal, session, &access, group, object);
    // The explanation looks at more statements than the decision; what the decision asked is what counts.
    policy::decide(&layers, &access);
    let keys = context.take_asked();
    let explanation = policy::explain(&layers, &access);
    notes.extend(context.unused(&keys));
    Ok(Report::new(&access, &layers, &explanation, keys, notes))
}

/// Reads an action, and spells it as the catalogue does. One that no request asks for is probably misspelt.
fn action<'t>(
    text: &'t str,
    snapshot: &'t Snapshot,
    notes: &mut Vec<String>,
) -> Result<Action<'t>, String> {
    let parts = text.split_once(':').filter(|(service, operation)| {
        !service.is_empty() && !operation.is_empty() && !text.contains(['*', '?'])
    });
    let (service, operation) = parts.ok_or_else(|| {
        format!("`{text}` is no action; write <service>:<Operation>, such as ecs:StopInstance")
    })?;
    let given = Action { service, operation };
    let mut actions =
        snapshot.catalog().actions().map(|(service, operation)| Action { service, operation });
    if let Some(known) = actions.find(|action| action.to_string().eq_ignore_ascii_case(text)) {
        return Ok(known);
    }
    if !snapshot.catalog().is_exempt(&given) {
        notes.push(unheard_of(text, snapshot));
    }
    Ok(given)
}

fn unheard_of(text: &str, snapshot: &Snapshot) -> String {
    let actions = snapshot.catalog().actions();
    let known: Vec<String> = actions.map(|(service, name)| format!("{service}:{name}")).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = nearest(text, &known);
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("no operation of the catalogue asks for `{text}`{help}")
}
