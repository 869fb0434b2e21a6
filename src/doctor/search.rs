//! Tries each suspect, then each two that can meet in one proxy.

use crate::cases::Recorded;

use super::judge::Judge;
use super::suspects::{Candidate, How, SUSPECTS, Suspect};
use super::{Finding, Grade};

/// What made the signature fit.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) findings: Vec<Finding>,
    /// The request that the client signed; `None` when it is the one that came and the key is the matter.
    pub(super) request: Option<Recorded>,
    /// Which of its texts.
    pub(super) at: usize,
}

/// The first suspect in the order of the table that makes the signature fit.
pub(super) fn cause(judge: &Judge<'_>) -> Option<Cause> {
    alone(judge).or_else(|| together(judge))
}

fn alone(judge: &Judge<'_>) -> Option<Cause> {
    SUSPECTS.iter().find_map(|suspect| {
        (suspect.before)(&judge.scene(judge.request())).into_iter().find_map(|candidate| {
            let at = try_one(judge, &candidate)?;
            let findings = vec![finding(suspect, &candidate)];
            Some(Cause { findings, request: request(candidate), at })
        })
    })
}

/// Two changes at once. The later suspect of the table is undone on top of the earlier one.
fn together(judge: &Judge<'_>) -> Option<Cause> {
    let pairs = SUSPECTS.iter().filter(|suspect| suspect.combines).enumerate();
    for (index, first) in pairs {
        for outer in (first.before)(&judge.scene(judge.request())) {
            let How::Request(changed) = &outer.how else { continue };
            let later = SUSPECTS.iter().filter(|suspect| suspect.combines).skip(index + 1);
            for second in later {
                for inner in (second.before)(&judge.scene(changed)) {
                    if !judge.can_afford(&inner) {
                        return None;
                    }
                    if let Some(at) = judge.accepts(&inner) {
                        let findings = vec![finding(first, &outer), finding(second, &inner)];
                        return Some(Cause { findings, request: request(inner), at });
                    }
                }
            }
        }
    }
    None
}

fn try_one(judge: &Judge<'_>, candidate: &Candidate) -> Option<usize> {
    if judge.can_afford(candidate) { judge.accepts(candidate) } else { None }
}

fn finding(suspect: &Suspect, candidate: &Candidate) -> Finding {
    Finding {
        id: suspect.id,
        grade: Grade::Proven,
        what: candidate.what.clone(),
        help: suspect.help.to_owned(),
    }
}

fn request(candidate: Candidate) -> Option<Recorded> {
    match candidate.how {
        How::Request(request) => Some(request),
        How::Secret(_) | How::Mixed { .. } => None,
    }
}
