//! `ramgate catalog import`

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Text, read};
use crate::authoring::{self, Change, Imported, Input, Options};
use crate::cli::check::report;
use crate::cli::output::{count, print};

/// More files than any product has operations.
const FILES_MAX: usize = 10_000;

/// `ramgate catalog import`
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// An OpenAPI 3 document or an object of the vendor's API portal, JSON or YAML; or a folder `metadatas/PRODUCT` of the
    /// vendor's command line.
    file: PathBuf,
    /// What the file is.
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    /// The name of the product, and of its file. Default: that of the metadata, or of the file.
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// What actions begin with. Default: what the actions of the metadata begin with, or the name of the product.
    #[arg(long, value_name = "CODE")]
    ram_code: Option<String>,
    /// A host of the product, `notes.example.com` or `notes.{region}.example.com`, instead of those of the file.
    #[arg(long, value_name = "PATTERN")]
    host: Vec<String>,
    /// Whether resources lie in regions. Default: what hosts and ARNs of the file say.
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    /// The version of the API, where the file does not say it.
    #[arg(long, value_name = "DATE")]
    api_version: Vec<String>,
    /// Where to write the catalogue file; it must not exist. Default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A catalogue file to merge into. Its text is kept; entries of high confidence are shown when they differ, never
    /// replaced. `--output` may name the same file.
    #[arg(long, value_name = "EXISTING")]
    merge: Option<PathBuf>,
}

/// The words for [`authoring::Format`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// OpenAPI 3.
    Openapi,
    /// Published metadata of the vendor.
    Portal,
    /// Whatever it looks like.
    Auto,
}

/// The words for [`authoring::Scope`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scope {
    Regional,
    Global,
}

/// Writes the file, and says on standard error what a person has to do. Fails when the input is refused, and writes nothing then.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    check_output(arguments)?;
    let texts = inputs(&arguments.file)?;
    let inputs: Vec<Input<'_>> = texts.iter().map(as_input).collect();
    let refused = |problems: Vec<_>| format!("the input is refused\n{}", report(&problems));
    let imported = authoring::import(&inputs, &options(arguments)).map_err(refused)?;
    let (text, changes) = match &arguments.merge {
        None => (imported.text.clone(), Vec::new()),
        Some(path) => {
            let old = read(path)?;
            let merged = authoring::merge(as_input(&old), &imported).map_err(refused)?;
            (merged.text, merged.changes)
        }
    };
    match &arguments.output {
        None => print(&text)?,
        Some(path) => write(path, &imported.product, &text, arguments.merge.is_some())?,
    }
    tell(&summary(&imported, &changes, arguments));
    Ok(ExitCode::SUCCESS)
}

fn as_input(text: &Text) -> Input<'_> {
    Input { name: &text.name, text: &text.text }
}

fn options(arguments: &Arguments) -> Options {
    Options {
        format: match arguments.format {
            Format::Openapi => authoring::Format::OpenApi,
            Format::Portal => authoring::Format::Portal,
            Format::Auto => authoring::Format::Auto,
        },
        product: arguments.product.clone().or_else(|| stem(arguments.output.as_deref())),
        ram_code: arguments.ram_code.clone(),
        hosts: arguments.host.clone(),
        scope: arguments.scope.map(|scope| match scope {
            Scope::Regional => authoring::Scope::Regional,
            Scope::Global => authoring::Scope::Global,
        }),
        versions: arguments.api_version.clone(),
    }
}

/// The product that a file is named after.
fn stem(path: Option<&Path>) -> Option<String> {
    Some(path?.file_stem()?.to_str()?.to_owned())
}

/// The file; or the JSON files of a folder, in the order of their names, and `products.json` from the folder above.
fn inputs(path: &Path) -> Result<Vec<Text>, String> {
    if !path.is_dir() {
        return Ok(vec![read(path)?]);
    }
    let shown = path.display();
    let entries = fs::read_dir(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let is_json = |path: &PathBuf| path.extension() == Some(OsStr::new("json")) && path.is_file();
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(is_json).take(FILES_MAX + 1).collect();
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(format!("{shown} has no JSON files, or more than {FILES_MAX}"));
    }
    files.sort();
    let list = path.parent().map(|folder| folder.join("products.json"));
    files.extend(list.filter(|list| list.is_file()));
    files.iter().map(|file| read(file)).collect()
}

fn check_output(arguments: &Arguments) -> Result<(), String> {
    let Some(output) = &arguments.output else { return Ok(()) };
    if arguments.merge.is_none() && output.exists() {
        return Err(format!(
            "{} exists; remove it, or give it to --merge so that what people wrote is kept",
            output.display()
        ));
    }
    Ok(())
}

/// Writes the file as a whole: a gate that follows it sees the old one or the new one.
fn write(path: &Path, product: &str, text: &str, may_exist: bool) -> Result<(), String> {
    let shown = path.display();
    if stem(Some(path)).as_deref() != Some(product) {
        return Err(format!(
            "{shown}: a catalogue file is named after its product, {product}.yaml"
        ));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let failed = |error: std::io::Error| format!("cannot write {shown}: {error}");
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    make_readable(file.as_file()).map_err(failed)?;
    if may_exist {
        file.persist(path).map(drop).map_err(|error| failed(error.error))
    } else {
        file.persist_noclobber(path).map(drop).map_err(|error| failed(error.error))
    }
}

/// A catalogue is no secret, and the gate may run as another user.
fn make_readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

fn summary(imported: &Imported, changes: &[Change], arguments: &Arguments) -> String {
    let mut text = report(&imported.warnings);
    for change in changes {
        let _infallible = writeln!(text, "{change}");
    }
    let operations = count(imported.operations, "operation");
    let marks = count(imported.reviews, "line");
    let _infallible = writeln!(text, "{operations}, {marks} `# review:` to answer");
    if let Some(output) = &arguments.output {
        let _infallible =
            writeln!(text, "next: edit {0}, then `ramgate catalog lint {0}`", output.display());
    }
    text
}

#[expect(clippy::print_stderr, reason = "standard output is the file")]
fn tell(text: &str) {
    eprint!("{text}");
}
