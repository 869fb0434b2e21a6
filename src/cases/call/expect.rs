//! What a request turned out to mean, as cases write it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalog::{Authorization, Call, Unreadable, Word};

/// How a call is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Every check must be allowed.
    Authorize,
    /// No permission is asked for.
    Pass,
    /// The request cannot be read.
    Deny,
}

/// An action and the resources that it must be allowed on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallCheck {
    /// `ecs:StopInstance`
    pub action: String,
    /// ARNs, sorted.
    pub resources: Vec<String>,
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "decision", rename_all = "lowercase")]
pub enum Answer {
    /// The checks of an operation, sorted.
    Authorize {
        /// The operation.
        operation: String,
        /// Its checks.
        checks: Vec<CallCheck>,
    },
    /// An operation without checks.
    Pass {
        /// The operation.
        operation: String,
    },
    /// The word of a refusal.
    Deny {
        /// The word.
        reason: String,
    },
}

/// `expect`, as it stands in a file.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object that says what is expected")]
pub(super) struct Written {
    decision: Option<Decision>,
    operation: Option<String>,
    checks: Option<Vec<CallCheck>>,
    reason: Option<String>,
}

impl Written {
    /// Nothing that would be compared may be left out: such a case could not fail.
    pub(super) fn answer(self) -> Result<Answer, String> {
        let Self { decision, operation, checks, reason } = self;
        let missing = |field: &str| format!("`expect` has no `{field}`");
        let meant = match (&reason, &checks) {
            (Some(_), None) => Some(Decision::Deny),
            (None, Some(_)) => Some(Decision::Authorize),
            _ => None,
        };
        let decision = decision.or(meant).ok_or_else(|| missing("decision"))?;
        Ok(match decision {
            Decision::Authorize => Answer::Authorize {
                operation: operation.ok_or_else(|| missing("operation"))?,
                checks: sorted(checks.ok_or_else(|| missing("checks"))?),
            },
            Decision::Pass if checks.is_some_and(|checks| !checks.is_empty()) => {
                return Err("`expect` is `pass`, and has `checks`".to_owned());
            }
            Decision::Pass => {
                Answer::Pass { operation: operation.ok_or_else(|| missing("operation"))? }
            }
            Decision::Deny => {
                let reason = reason.ok_or_else(|| missing("reason"))?;
                if Word::ALL.iter().all(|word| word.as_str() != reason) {
                    return Err(format!("there is no word `{reason}`"));
                }
                Answer::Deny { reason }
            }
        })
    }
}

impl Answer {
    /// Why a request has no meaning.
    pub fn refusal(unreadable: &Unreadable) -> Self {
        Self::Deny { reason: unreadable.word.as_str().to_owned() }
    }

    /// What a request means.
    pub fn of(call: &Call<'_>) -> Self {
        let operation = call.operation.to_string();
        match call.auth {
            Authorization::Anonymous | Authorization::SignatureOnly => Self::Pass { operation },
            Authorization::Checks => {
                let checks = call.checks.iter().map(|check| CallCheck {
                    action: format!("{}:{}", check.service, check.operation),
                    resources: check.resources.iter().map(ToString::to_string).collect(),
                });
                Self::Authorize { operation, checks: sorted(checks.collect()) }
            }
        }
    }
}

/// In whichever order they came.
fn sorted(mut checks: Vec<CallCheck>) -> Vec<CallCheck> {
    for check in &mut checks {
        check.resources.sort();
    }
    checks.sort();
    checks
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deny { reason } => write!(f, "deny {reason}"),
            Self::Pass { operation } => write!(f, "pass {operation}"),
            Self::Authorize { operation, checks } => {
                write!(f, "authorize {operation}")?;
                checks.iter().try_for_each(|check| {
                    write!(f, "; {} on {}", check.action, check.resources.join(", "))
                })
            }
        }
    }
}
