//! `ramgate explain`: why a call is permitted or refused, from the same layers that the gate decides by.

mod answer;
mod context;
mod sides;
mod subject;
mod target;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::clock;
use crate::config::Config;
use crate::ident::{SessionName, UnixSeconds};
use crate::policy::{self, AccessRequest, Action, KeptStatement, Verdict};
use crate::reload;
use crate::snapshot::{Snapshot, World};
use crate::strict::{Problem, nearest};

use super::check::report;
use super::output::{print, print_json};
use answer::Report;
use context::{Context, OfResource};
use sides::Told;
use subject::Asker;
use target::Target;

/// `ramgate explain`
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    #[command(flatten)]
    question: Question,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The question.
#[derive(Debug, clap::Args)]
pub(super) struct Question {
    /// Who asks: a user, `role/NAME`, `root`, `anonymous`, a service, an ARN (also of a session or an identity provider), or
    /// an `AccessKey` id.
    #[arg(long, value_name = "NAME|ARN|KEY")]
    pub(super) principal: String,
    /// A file with the token of the session whose id the principal is; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(super) token: Option<PathBuf>,
    /// What is to be done, `ecs:StopInstance`.
    #[arg(long)]
    pub(super) action: String,
    /// What it touches: an ARN, or `*` for an action that has no resource.
    #[arg(long)]
    pub(super) resource: String,
    /// A value of a condition key; repeat it for several values.
    #[arg(long, value_name = "KEY=VALUE", value_parser = context::pair)]
    pub(super) context: Vec<(String, String)>,
    /// A condition key that nobody can know.
    #[arg(long, value_name = "KEY")]
    pub(super) unknown: Vec<String>,
    /// Where the call comes from, `acs:SourceIp`.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) source_ip: Option<IpAddr>,
    /// The session of a role.
    #[arg(long, value_name = "NAME", default_value = "explain")]
    pub(super) session_name: SessionName,
    /// Take condition keys that are not given as absent. A running gate does not: what it cannot know denies.
    #[arg(long)]
    pub(super) assume_absent: bool,
}

/// Prints the explanation. Succeeds when there is one, whatever the verdict.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let deployment = Deployment::load(&arguments.config)?;
    let found = deployment.ask(&arguments.question)?.report;
    if arguments.json {
        print_json(&found)?;
    } else {
        print(&found.to_text())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the gate would decide by now.
pub(super) struct Deployment {
    config: Config,
    world: Arc<World>,
    /// What the load warned about.
    warnings: Vec<Problem>,
    now: UnixSeconds,
}

/// The answer to a question.
pub(super) struct Answered {
    /// The verdict.
    pub(super) verdict: Verdict,
    /// The statements behind the answers of the layers.
    pub(super) statements: Vec<KeptStatement>,
    /// What a person wants to know.
    pub(super) report: Report,
}

impl Deployment {
    /// Reads the files as `serve` would.
    pub(super) fn load(config: &Path) -> Result<Self, String> {
        let now = clock::now();
        let loaded = reload::load(config, now)
            .map_err(|problems| format!("the files are refused\n{}", report(&problems)))?;
        let world = loaded.current.load();
        Ok(Self { world, config: loaded.config, warnings: loaded.warnings, now })
    }

    /// The settings.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The generation of the files.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.world.snapshot
    }

    /// One question to the policies, put as the gate puts it.
    pub(super) fn ask(&self, question: &Question) -> Result<Answered, String> {
        let (config, snapshot) = (&self.config, self.snapshot());
        let (principal, token) = (&question.principal, question.token.as_deref());
        let subject = subject::find(principal, &question.session_name, token, self)?;
        let mut notes = subject.notes.clone();
        let action = action(&question.action, snapshot, &mut notes)?;
        let target = Target::read(&question.resource, config, snapshot, &mut notes)?;
        let resource = target.as_resource();
        let principal = subject.asker.principal();
        let context = Context::new(question, &subject, self.now);
        let catalog = snapshot.catalog();
        let access = snapshot.question(subject.asker.as_caller(), action, resource, &context);
        if matches!(subject.asker, Asker::Anonymous) && !access.traits.admits_strangers() {
            notes.push("the gate refuses calls without credentials to this product".to_owned());
        }
        let asked_of = AccessRequest { exempt: catalog.is_exempt(&action), ..access };
        let group = snapshot.resources().group_of(&asked_of);
        let known = OfResource { context: &context, group, access: &asked_of, snapshot };
        let access = AccessRequest { attributes: &known, ..asked_of };
        let session = subject.session_policy.as_deref();
        let object = catalog.object_use(&action);
        let layers = snapshot.layers(principal, session, &access, group, object);
        // The explanation looks at more statements than the decision; what the decision asked is what counts.
        policy::decide(&layers, &access);
        let keys = context.take_asked();
        let explanation = policy::explain(&layers, &access);
        let sides = policy::sides(&layers, &access).map(|sides| {
            let told = Told { access: &access, layers: &layers, decision: &explanation.decision };
            told.about(&sides)
        });
        notes.extend(context.unused(&keys));
        let statements = explanation.layers.iter().filter_map(|answer| answer.statement);
        Ok(Answered {
            verdict: explanation.decision.verdict,
            statements: statements.map(|statement| statement.keep()).collect(),
            report: Report::new(&access, &layers, &explanation, sides, keys, notes),
        })
    }
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
