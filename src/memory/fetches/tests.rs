use std::cell::RefCell;

use proptest::prelude::*;

use super::*;

/// A value is the names that it has.
type Book = Fetches<&'static str, Vec<u8>, &'static str>;

fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds(1_000_000 + seconds)
}

fn ask(book: &mut Book, seconds: i64, name: u8) -> String {
    let step = book.ask(&"a", at(seconds), |value| value.contains(&name), |_| true);
    match step {
        Step::Use(value) => format!("use {value:?}"),
        Step::Fetch => "fetch".to_owned(),
        Step::Wait => "wait".to_owned(),
        Step::Fail(why) => format!("fail {why}"),
    }
}

enum Event {
    /// At this time somebody looks for this name, and is told that.
    Ask(i64, u8, &'static str),
    /// At this time a fetch brings these names.
    Good(i64, &'static [u8]),
    /// At this time a fetch fails.
    Bad(i64, &'static str),
}

use Event::{Ask, Bad, Good};

const DAY: i64 = 24 * 3600;

/// FED-08, line by line.
const SCRIPTS: [(&str, &[Event]); 7] = [
    (
        "ten minutes without another look",
        &[Ask(0, 1, "fetch"), Good(2, &[1]), Ask(599, 1, "use [1]"), Ask(600, 1, "fetch")],
    ),
    (
        "one fetch for all who ask meanwhile",
        &[
            Ask(0, 1, "fetch"),
            Ask(0, 1, "wait"),
            Ask(9, 2, "wait"),
            Good(9, &[1, 2]),
            Ask(9, 2, "use [1, 2]"),
        ],
    ),
    (
        "an unknown name fetches at once, then not for a minute",
        &[
            Ask(0, 1, "fetch"),
            Good(0, &[1]),
            Ask(1, 2, "fetch"),
            Ask(1, 1, "use [1]"), // what is fresh and suits is used meanwhile
            Ask(1, 3, "wait"),
            Good(2, &[1, 2]),
            Ask(2, 2, "use [1, 2]"),
            Ask(60, 3, "use [1, 2]"), // it is not there; the caller sees
            Ask(61, 3, "fetch"),
        ],
    ),
    (
        "failures are not repeated at once, and further and further apart",
        &[
            Ask(0, 1, "fetch"),
            Bad(10, "down"),
            Ask(14, 1, "fail down"),
            Ask(15, 1, "fetch"),
            Bad(25, "slow"),
            Ask(34, 2, "fail slow"),
            Ask(35, 1, "fetch"),
            Bad(35, "down"),
            Ask(54, 1, "fail down"),
            Ask(55, 1, "fetch"),
            Bad(55, "down"),
            Ask(94, 1, "fail down"),
            Ask(95, 1, "fetch"),
            Bad(95, "down"),
            Ask(154, 1, "fail down"),
            Ask(155, 1, "fetch"),
            Bad(155, "down"),
            Ask(214, 1, "fail down"), // a minute and no more
            Ask(215, 1, "fetch"),
            Good(215, &[1]),
            Ask(815, 1, "fetch"),
            Bad(815, "down"),
            Ask(820, 1, "fetch"), // a success begins anew
        ],
    ),
    (
        "the last good one for a day",
        &[
            Ask(0, 1, "fetch"),
            Good(5, &[1]),
            Ask(600, 1, "fetch"),
            Ask(600, 1, "wait"),
            Bad(600, "down"),
            Ask(601, 1, "use [1]"),
            Ask(DAY - 1, 1, "fetch"),
            Bad(DAY - 1, "down"),
            Ask(DAY - 1, 1, "use [1]"),
            Ask(DAY, 1, "fail down"),
            Ask(DAY + 60, 1, "fetch"),
        ],
    ),
    (
        "a failed search leaves what is fresh in use",
        &[
            Ask(0, 1, "fetch"),
            Good(0, &[1]),
            Ask(100, 2, "fetch"),
            Bad(100, "down"),
            Ask(106, 2, "use [1]"), // it may be tried again, but not for a name
            Ask(106, 1, "use [1]"),
            Ask(160, 2, "fetch"),
        ],
    ),
    (
        "a clock that is set back",
        &[
            Ask(0, 1, "fetch"),
            Good(0, &[1]),
            Ask(-60, 1, "use [1]"),
            Ask(-61, 1, "fetch"),
            Good(-61, &[2]),
            Ask(-61, 2, "use [2]"),
        ],
    ),
];

#[test]
fn when_what_is_fetched() {
    for (title, events) in SCRIPTS {
        let mut book = Book::default();
        for (number, event) in events.iter().enumerate() {
            match event {
                Ask(time, name, told) => {
                    assert_eq!(ask(&mut book, *time, *name), *told, "{title}, event {number}");
                }
                Good(time, names) => drop(book.land(&"a", at(*time), Ok(names.to_vec()))),
                Bad(time, why) => drop(book.land(&"a", at(*time), Err(why))),
            }
        }
    }
}

#[test]
fn who_waited_takes_what_there_is() {
    let mut book = Book::default();
    assert_eq!(book.settle(&"a", at(0)), None);
    assert_eq!(ask(&mut book, 0, 1), "fetch");
    assert_eq!(book.settle(&"a", at(0)), None);
    assert_eq!(book.land(&"a", at(1), Err("down")), None);
    assert_eq!(book.settle(&"a", at(1)), Some(Err("down")));
    assert_eq!(ask(&mut book, 6, 1), "fetch");
    assert_eq!(book.land(&"a", at(7), Ok(vec![1])), Some("down"));
    assert_eq!(book.settle(&"a", at(7)), Some(Ok(Arc::new(vec![1]))));
    assert_eq!(book.settle(&"b", at(7)), None);
}

#[test]
fn no_more_sources_than_are_known() {
    let mut book = Fetches::<u32, (), ()>::default();
    let known = RefCell::new(0..10);
    for source in 0..1000 {
        *known.borrow_mut() = source..source + 10;
        assert_eq!(
            book.ask(&source, at(0), |()| true, |it| known.borrow().contains(it)),
            Step::Fetch
        );
        book.land(&source, at(0), Ok(()));
        assert!(book.len() <= 10 && !book.is_empty(), "{}", book.len());
    }
    // One that is being fetched is not forgotten: its end has to be reported somewhere.
    let mut book = Fetches::<u32, (), ()>::default();
    assert_eq!(book.ask(&1, at(0), |()| true, |_| true), Step::Fetch);
    assert_eq!(book.ask(&2, at(0), |()| true, |it| *it == 2), Step::Fetch);
    book.land(&1, at(0), Ok(()));
    assert_eq!(book.ages(at(3)).collect::<Vec<_>>(), [(&1, 3)]);
}

/// The rules said over the whole history, without a state.
#[derive(Default)]
struct Naive {
    /// When fetches began and for what, when and how they ended.
    fetches: Vec<Flight>,
}

struct Flight {
    began: i64,
    searched: bool,
    end: Option<(i64, Result<u8, ()>)>,
}

impl Naive {
    fn ask(&mut self, now: i64, name: u8) -> Step<Vec<u8>, ()> {
        let ended = || self.fetches.iter().filter_map(|it| Some((it.began, it.end?)));
        let good = ended().filter_map(|(began, (_, end))| Some((began, end.ok()?))).next_back();
        let fails = ended().map(|(_, (at, end))| (at, end)).collect::<Vec<_>>();
        let row = fails.iter().rev().take_while(|(_, end)| end.is_err()).count();
        let fresh = good.filter(|(began, _)| now - began < 600);
        if let Some((_, value)) = fresh.filter(|(_, value)| *value == name) {
            return Step::Use(Arc::new(vec![value]));
        }
        if self.fetches.iter().any(|it| it.end.is_none()) {
            return Step::Wait;
        }
        let pause = [0, 5, 10, 20, 40, 60][row.min(5)];
        let pauses = row > 0 && now - fails.last().unwrap().0 < pause;
        let searched = self.fetches.iter().any(|it| it.searched && now - it.began < 60);
        if pauses || (fresh.is_some() && searched) {
            return match good.filter(|(began, _)| now - began < 86_400) {
                Some((_, value)) => Step::Use(Arc::new(vec![value])),
                None => Step::Fail(()),
            };
        }
        self.fetches.push(Flight { began: now, searched: fresh.is_some(), end: None });
        Step::Fetch
    }

    fn land(&mut self, now: i64, outcome: Result<u8, ()>) {
        if let Some(flight) = self.fetches.iter_mut().find(|it| it.end.is_none()) {
            flight.end = Some((now, outcome));
        }
    }
}

proptest! {
    /// Whatever happens when: the same answers as the rules, and never two fetches at once.
    #[test]
    fn as_the_rules_say(
        events in proptest::collection::vec((prop_oneof![0_i64..3, 0_i64..70, 500_i64..700, 80_000_i64..90_000], 0_u8..5, 0_u8..3), 1..80),
    ) {
        let (mut book, mut naive) = (Fetches::<(), Vec<u8>, ()>::default(), Naive::default());
        let mut now = 0;
        let mut flying = false;
        for (passes, what, name) in events {
            now += passes;
            match what {
                0 | 1 if flying => {
                    let outcome = if what == 0 { Ok(name) } else { Err(()) };
                    book.land(&(), at(now), outcome.map(|name| vec![name]));
                    naive.land(now, outcome);
                    flying = false;
                }
                _ => {
                    let step = book.ask(&(), at(now), |value| value.contains(&name), |()| true);
                    prop_assert_eq!(&step, &naive.ask(now, name), "at {}", now);
                    prop_assert!(!(flying && step == Step::Fetch));
                    flying |= step == Step::Fetch;
                }
            }
        }
    }
}
