//! What a decision can cost at worst, known before any request comes (threat model: policies are input too).

use crate::policy::action::ActionPattern;
use crate::policy::condition::Typed;
use crate::policy::document::{Document, Statement};
use crate::policy::glob::Glob;
use crate::policy::texts::Texts;

/// A set that could take more steps in one decision is refused at load. A step is one to three nanoseconds, so this
/// is at most some 60 ms; a hundred ordinary policies take some thousand steps at worst.
pub const STEPS_MAX: u64 = 20_000_000;

/// How long the texts of a request are taken to be.
const ACTION_BYTES: u64 = 128;
const SEGMENT_BYTES: u64 = 64;
const NAME_BYTES: u64 = 1024;

/// The worst case of a set: the steps of all its statements, as if each were a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Steps.
    pub steps: u64,
    /// The statement that takes most of them, as policy and place.
    pub(super) dearest: Option<(u32, u32)>,
}

impl Cost {
    pub(super) fn of<'d>(documents: impl Iterator<Item = &'d Document>) -> Self {
        let mut cost = Self::default();
        let mut most = 0;
        for (policy, document) in (0_u32..).zip(documents) {
            for (index, statement) in (0_u32..).zip(&document.statements) {
                let steps = steps(document, statement);
                cost.steps = cost.steps.saturating_add(steps);
                if steps > most {
                    most = steps;
                    cost.dearest = Some((policy, index));
                }
            }
        }
        cost
    }

    /// Whether a set like this is accepted.
    pub fn is_acceptable(&self) -> bool {
        self.steps <= STEPS_MAX
    }
}

fn steps(document: &Document, statement: &Statement) -> u64 {
    let texts = &document.texts;
    let actions = document.patterns_of_actions(statement).iter();
    let actions = actions.flat_map(ActionPattern::globs);
    let actions = actions.map(|glob| of_glob(glob, texts, ACTION_BYTES));
    let segments =
        document.patterns_of_resources(statement).iter().filter_map(|pattern| pattern.segments);
    let resources = segments.flat_map(|segments| {
        let [service, region, account, name] = segments.globs();
        let short = [service, region, account].map(|glob| of_glob(glob, texts, SEGMENT_BYTES));
        short.into_iter().chain([of_glob(name, texts, NAME_BYTES)])
    });
    let clauses = document.clauses_of(statement).iter();
    let values = clauses.flat_map(|clause| clause.values.of(&document.values));
    let values = values.map(|value| match value.typed {
        Typed::Pattern(glob) => of_glob(glob, texts, NAME_BYTES),
        Typed::Text => of_text(texts.get(value.text)),
        Typed::Number => 8 + of_text(texts.get(value.text)) * 8,
        Typed::Date(_) | Typed::Flag(_) | Typed::Block(_) => 4,
    });
    actions.chain(resources).chain(values).fold(1, u64::saturating_add)
}

fn of_glob(glob: Glob, texts: &Texts, text_bytes: u64) -> u64 {
    let pattern = glob.text(texts);
    if !glob.is_general() {
        return of_text(pattern);
    }
    let length = u64::try_from(pattern.len()).unwrap_or(u64::MAX);
    // First with two pointers, then, at worst, one word of positions after the other.
    let pointers = length.saturating_add(text_bytes).saturating_mul(4);
    pointers.saturating_add(text_bytes.saturating_mul(length / 64 + 1))
}

fn of_text(text: &str) -> u64 {
    1 + u64::try_from(text.len()).unwrap_or(u64::MAX) / 8
}
