//! Patterns of actions, resources and `StringLike` against a table of which start of the pattern takes which start of the
//! text. An input is a pattern, a line break, and a text.

use ramgate::policy::{RelativeId, Truth};

use super::{Statement, has_variable, question, quoted, text};

/// Longer ones take long in the table and tell nothing new.
const BYTES_MAX: usize = 4096;

/// What an unknown part of a name is tried as.
const FILLERS: [&str; 5] = ["", "a", "/", "b/c", "i-1é"];

pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let Some((pattern, given)) = input.split_once('\n') else { return };
    if input.len() > BYTES_MAX {
        return;
    }
    condition("StringLike", pattern, given, takes(pattern, given));
    condition("StringNotLike", pattern, given, !takes(pattern, given));
    action(pattern, given);
    resource(pattern, given);
}

fn condition(operator: &str, pattern: &str, given: &str, expected: bool) {
    let statement = Statement::condition(operator, &[pattern]);
    assert_eq!(statement.is_none(), has_variable(pattern), "{operator} {pattern:?}");
    let Some(statement) = statement else { return };
    let found = statement.holds(&text(given));
    assert_eq!(found, expected.into(), "{operator} {pattern:?} on {given:?}");
}

/// ASCII letter case does not count.
fn action(pattern: &str, given: &str) {
    let written = format!("ecs:{pattern}");
    let statement = Statement::read(&format!(r#""Action":{},"Resource":"*""#, quoted(&written)));
    assert_eq!(statement.is_none(), has_variable(pattern), "action {pattern:?}");
    let Some(statement) = statement else { return };
    let context = text("");
    let found = statement.matches(&question(given, RelativeId::Known("any"), &context));
    let expected = takes(&pattern.to_ascii_lowercase(), &given.to_ascii_lowercase());
    assert_eq!(found, expected.into(), "action {pattern:?} on {given:?}");
}

fn resource(pattern: &str, given: &str) {
    let written = quoted(&format!("acs:ecs:*:*:{pattern}"));
    let statement = Statement::read(&format!(r#""Action":"*","Resource":[{written}]"#));
    assert_eq!(statement.is_none(), has_variable(pattern), "resource {pattern:?}");
    let Some(statement) = statement else { return };
    let context = text("");
    let ask = |id| statement.matches(&question("Any", id, &context));
    let known = ask(RelativeId::Known(given));
    assert_eq!(known, takes(pattern, given).into(), "resource {pattern:?} on {given:?}");
    // What is said of a name with unknown parts holds whatever these are.
    let partial = ask(RelativeId::Partial(given));
    for filler in FILLERS {
        let name = given.replace(RelativeId::UNKNOWN_PART, filler);
        let found = Truth::from(takes(pattern, &name));
        let agrees = partial == Truth::Indeterminate || partial == found;
        assert!(agrees, "resource {pattern:?} on {given:?}: {partial:?}, on {name:?}: {found:?}");
    }
    if !given.contains(RelativeId::UNKNOWN_PART) {
        assert_eq!(partial, known, "resource {pattern:?} on {given:?}, nothing of it unknown");
    }
}

/// Row by row: whether the pattern so far takes the text up to each character.
fn takes(pattern: &str, given: &str) -> bool {
    let given: Vec<char> = given.chars().collect();
    let mut row = vec![false; given.len() + 1];
    row[0] = true;
    for wanted in pattern.chars() {
        let mut next = vec![false; row.len()];
        next[0] = wanted == '*' && row[0];
        for (place, have) in given.iter().enumerate() {
            next[place + 1] = match wanted {
                '*' => row[place + 1] || next[place],
                '?' => row[place],
                _ => row[place] && wanted == *have,
            };
        }
        row = next;
    }
    row[given.len()]
}
