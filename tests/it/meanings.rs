//! What holds for the meaning of every request: there is one or none, whatever order its parameters are in, and finding it
//! does not panic.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use ramgate::cases::{Answer, Regions, Terms};
use ramgate::catalog::Catalog;

use super::support::ACCOUNT;
use super::support::calls::{Call, Pairs, builtin};

static CATALOG: LazyLock<Catalog> = LazyLock::new(builtin);

#[derive(serde::Deserialize)]
struct Case {
    request: Call,
}

#[derive(serde::Deserialize)]
struct File {
    cases: Vec<Case>,
}

/// The requests of the worked cases.
static CALLS: LazyLock<Vec<Call>> = LazyLock::new(|| {
    let files = [
        include_str!("../vectors/calls.json"),
        include_str!("../vectors/hostile-calls.json"),
        include_str!("../vectors/edge-calls.json"),
    ];
    let cases = files.iter().flat_map(|text| serde_json::from_str::<File>(text).unwrap().cases);
    cases.map(|case| case.request).collect()
});

fn meaning(call: &Call) -> Answer {
    let terms = Terms {
        user: Some("alice"),
        regions: Regions::AsNamed,
        ..Terms::of(&CATALOG, ACCOUNT.parse().unwrap())
    };
    let found = terms.meaning(&call.recorded(), |call| Answer::of(&call));
    found.unwrap_or_else(|unreadable| Answer::refusal(&unreadable))
}

fn one_call() -> impl Strategy<Value = Call> {
    (0..CALLS.len()).prop_map(|place| CALLS.get(place).unwrap().clone())
}

/// A text with something put into it.
fn spoilt(text: &str, at: Index, piece: &str) -> String {
    let mut text = text.to_owned();
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    text.insert_str(places.get(at.index(places.len() + 1)).copied().unwrap_or(text.len()), piece);
    text
}

fn spoil(mut call: Call, part: u8, one: Index, at: Index, piece: &str) -> Call {
    let in_pairs = |pairs: &Pairs| {
        let list = pairs.list();
        let place = if list.is_empty() { 0 } else { one.index(list.len()) };
        let spoil = |(index, (name, value)): (usize, (&str, &str))| match (index == place, part % 2)
        {
            (true, 0) => (spoilt(name, at, piece), value.to_owned()),
            (true, _) => (name.to_owned(), spoilt(value, at, piece)),
            (false, _) => (name.to_owned(), value.to_owned()),
        };
        list.into_iter().enumerate().map(spoil).collect::<Pairs>()
    };
    match part / 2 {
        0 => call.query = in_pairs(&call.query),
        1 => call.headers = in_pairs(&call.headers),
        2 => call.form = in_pairs(&call.form),
        3 => call.path = spoilt(&call.path, at, piece),
        4 => call.host = spoilt(&call.host, at, piece),
        _ => call.body = call.body.map(|body| spoilt(&body, at, piece)),
    }
    call
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_order_of_parameters_says_nothing(call in one_call(), order in any::<u64>()) {
        let mut pairs = call.query.list();
        let turn = usize::try_from(order % 7).unwrap() % pairs.len().max(1);
        pairs.rotate_left(turn);
        if order % 2 == 0 {
            pairs.reverse();
        }
        let turned = Call { query: Pairs::of(&pairs), ..call.clone() };
        prop_assert_eq!(meaning(&turned), meaning(&call), "{:?}", call);
    }

    #[test]
    fn nothing_panics(
        call in one_call(),
        edits in proptest::collection::vec((0_u8..12, any::<Index>(), any::<Index>(), select(vec![
            "", "%", "%00", "%2F", "/", "..", "?", "&", "=", "+", ";", ":", "*", " ", "\u{0}", "é", "{", "}", "[", "]", "\"",
            "'", "\\", ".", ".1", ".N", "<", ">", "<a>", "&amp;", ",", "acs:", "x-oss-", "-", "_", "|", "${filename}", "\u{feff}",
            "\r\n", "9999999999999999999999",
        ])), 1..5),
    ) {
        let spoilt = edits.into_iter().fold(call, |call, (part, one, at, piece)| spoil(call, part, one, at, piece));
        let found = meaning(&spoilt);
        if let Answer::Authorize { checks, .. } = found {
            prop_assert!(!checks.is_empty() && checks.iter().all(|check| !check.resources.is_empty()));
        }
    }
}
