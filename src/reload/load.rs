//! The first load. It succeeds as a whole, or nothing starts and one report shows why.

use std::path::Path;
use std::sync::Arc;

use super::certificate::Certificate;
use super::current::Current;
use super::heartbeat;
use super::source::{ContentHash, Source, both, content_hash, read_config};
use super::workloads;
use crate::config::{self, Config, Refused};
use crate::ident::UnixSeconds;
use crate::revocation::Revocations;
use crate::snapshot::{Revoked, Settings, Snapshot, Sources, World};
use crate::strict::{Position, Problem};
use crate::tls::Presented;
use crate::workload::Form;

/// A deployment that is ready to serve.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The world, generation 1.
    pub current: Arc<Current>,
    /// What people should know.
    pub warnings: Vec<Problem>,
    /// What each credential listener speaks, in their order.
    pub forms: Vec<Form>,
    pub(super) certificate: Option<Certificate>,
    pub(super) source: Source,
    pub(super) settings: Settings,
    pub(super) config_hash: ContentHash,
    pub(super) revocations_hash: ContentHash,
    /// The files of generation 1.
    pub(super) sources: Arc<Sources>,
}

/// Reads and compiles everything that the configuration at `path` names. The error is the whole report, over all files.
pub fn load(path: &Path, now: UnixSeconds) -> Result<Loaded, Vec<Problem>> {
    let name = path.display().to_string();
    let file = read_config(path)?;
    let (config, settings, mut warnings) = match config::parse(&name, &file.text) {
        Ok(parsed) => parsed,
        Err(refused) => return Err(whole_report(path, refused, now)),
    };
    let source = Source::new(path, &config.files);
    let certificate = Certificate::load(&config, now);
    let certificate = certificate.map(|(certificate, found)| {
        warnings.extend(found);
        certificate
    });
    let beside = both(certificate, workloads::forms(&config));
    let first = both(world(&source, &settings, now), read_heartbeat(&source, now));
    match both(first, beside) {
        Ok(((first, distributed), (certificate, forms))) => {
            let First { world, revocations_hash, sources, warnings: found } = first;
            warnings.extend(found);
            let current = Arc::new(Current::new(world, now));
            if let Some(at) = distributed {
                current.distributed(at);
            }
            let config_hash = content_hash(Some(&file));
            Ok(Loaded {
                config,
                current,
                warnings,
                forms,
                certificate,
                source,
                settings,
                config_hash,
                revocations_hash,
                sources: Arc::new(sources),
            })
        }
        Err(found) => {
            warnings.extend(found);
            Err(warnings)
        }
    }
}

impl Loaded {
    /// What the encrypted listener shows, if there is one.
    pub fn presented(&self) -> Option<&Arc<Presented>> {
        self.certificate.as_ref().map(Certificate::presented)
    }
}

pub(super) fn whole_report(path: &Path, refused: Refused, now: UnixSeconds) -> Vec<Problem> {
    let Refused { mut problems, rest } = refused;
    if let Some(rest) = rest {
        let (config, settings) = *rest;
        match Certificate::load(&config, now) {
            Ok((_, found)) | Err(found) => problems.extend(found),
        }
        problems.extend(workloads::forms(&config).err().into_iter().flatten());
        match world(&Source::new(path, &config.files), &settings, now) {
            Ok(First { warnings: found, .. }) | Err(found) => problems.extend(found),
        }
    }
    problems
}

/// The world that a start begins with.
struct First {
    world: World,
    revocations_hash: ContentHash,
    sources: Sources,
    warnings: Vec<Problem>,
}

fn world(source: &Source, settings: &Settings, now: UnixSeconds) -> Result<First, Vec<Problem>> {
    let revocations = read_revocations(source);
    let snapshot = first_snapshot(source, settings, now);
    let ((revocations, revocations_hash), (sources, snapshot, mut warnings)) =
        both(revocations, snapshot)?;
    if snapshot.custom_policies() == 0 {
        let message = "there is no custom policy; is it the right folder?";
        let file = source.policies_name();
        warnings.push(Problem::warning(&file, Position::START, "", message));
    }
    let (snapshot, revocations) = (Arc::new(snapshot), Arc::new(revocations));
    let revoked = Revoked { generation: 1, hash: shown(revocations_hash), effective: now };
    let world = World { snapshot, restraint: None, revocations, revoked };
    Ok(First { world, revocations_hash, sources, warnings })
}

fn first_snapshot(
    source: &Source,
    settings: &Settings,
    now: UnixSeconds,
) -> Result<(Sources, Snapshot, Vec<Problem>), Vec<Problem>> {
    let (sources, mut problems) = source.read_what_is_there();
    let compiled = Snapshot::compile(&sources, settings, None, 1, now);
    match compiled {
        Ok((snapshot, warnings)) if problems.is_empty() => Ok((sources, snapshot, warnings)),
        Ok((_, found)) | Err(found) => {
            problems.extend(found);
            Err(problems)
        }
    }
}

fn read_revocations(source: &Source) -> Result<(Revocations, ContentHash), Vec<Problem>> {
    let file = source.read_revocations()?;
    let hash = content_hash(file.as_ref());
    let revocations = match file {
        Some(file) => Revocations::parse(&file.name, &file.text)?,
        None => Revocations::default(),
    };
    Ok((revocations, hash))
}

fn read_heartbeat(source: &Source, now: UnixSeconds) -> Result<Option<UnixSeconds>, Vec<Problem>> {
    source.read_heartbeat()?.map(|file| heartbeat::read(&file, now)).transpose()
}

/// What people see of a hash.
pub(super) fn shown(hash: ContentHash) -> u64 {
    hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
