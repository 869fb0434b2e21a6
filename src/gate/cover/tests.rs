use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::*;
use crate::request::{FormReader, Multipart};
use crate::signature::{BodyRule, Md5Spelling};

/// A body that comes in pieces and ends well, or does not.
struct Pieces {
    left: VecDeque<Result<Bytes, ()>>,
}

impl Pieces {
    fn of(pieces: &[&[u8]]) -> Self {
        Self { left: pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect() }
    }

    fn broken(mut self) -> Self {
        self.left.push_back(Err(()));
        self
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = ();

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ()>>> {
        Poll::Ready(self.left.pop_front().map(|piece| piece.map(Frame::data)))
    }
}

/// What the upstream got, and how the body ended.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    complete: bool,
    ending: Option<Ending>,
}

fn send(watch: Watch, rest: Pieces) -> Seen {
    let ending = Rc::new(Cell::new(None));
    let told = Rc::clone(&ending);
    let guarded = Guarded::new(watch, rest, move |coverage| match coverage {
        Coverage::Ended(end) => told.set(Some(end)),
        Coverage::Abandoned(_) => {}
    });
    let mut body = Covered::Guarded(guarded);
    let mut cx = Context::from_waker(Waker::noop());
    let (mut bytes, mut complete) = (Vec::new(), false);
    while let Poll::Ready(next) = Pin::new(&mut body).poll_frame(&mut cx) {
        match next {
            Some(Ok(frame)) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Some(Err(_)) => break,
            None => {
                complete = true;
                break;
            }
        }
    }
    Seen { bytes, complete, ending: ending.get() }
}

fn rules(body: &[u8]) -> [BodyRule; 4] {
    let md5 = STANDARD.encode(Md5::digest(body));
    let spellings: &[Md5Spelling] = &[Md5Spelling::UpperHex, Md5Spelling::Base64];
    [
        BodyRule::Sha256(Sha256::digest(body).into()),
        BodyRule::Sm3(Sm3::digest(body).into()),
        BodyRule::Md5 { text: md5.into(), spellings },
        BodyRule::File { least: body.len() as u64, most: body.len() as u64 },
    ]
}

proptest! {
    /// Whatever the rule and however it is cut: the right body arrives, and a wrong one never to its last byte.
    #[test]
    fn only_what_was_signed_is_completed(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        cuts in proptest::collection::vec(0_usize..200, 0..5),
        extra in any::<u8>(),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
        for rule in rules(&body) {
            let right = send(Watch::new(rule.check()), Pieces::of(&pieces));
            let all = Seen { bytes: body.clone(), complete: true, ending: Some(Ending::Agreed) };
            prop_assert_eq!(right, all);
            let extra = [extra];
            let longer = [&pieces[..], &[&extra]].concat();
            let shorter = &pieces[..pieces.len() - 1];
            for wrong in [&longer[..], shorter] {
                if wrong.concat() == body {
                    continue; // The last piece was empty.
                }
                let seen = send(Watch::new(rule.check()), Pieces::of(wrong));
                prop_assert_eq!((seen.complete, seen.ending), (false, Some(Ending::Differs)));
                prop_assert!(seen.bytes.len() < wrong.concat().len().max(1));
            }
            let broken = send(Watch::new(rule.check()), Pieces::of(&pieces).broken());
            prop_assert_eq!((broken.complete, broken.ending), (false, Some(Ending::Broken)));
            prop_assert!(broken.bytes.len() < body.len());
        }
    }
}

const KIND: &str = "multipart/form-data; boundary=xx";
const FIELDS: &str = "--xx\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n\
                      --xx\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\nsecret\r\n\
                      --xx\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";

/// A form as the gate sends it on: without the field `policy`.
fn upload(rule: &BodyRule) -> (Multipart, Watch) {
    let form = FormReader::new(KIND).unwrap().read(FIELDS.as_bytes()).unwrap().unwrap();
    let mut watch = Watch::of_file(rule.check(), &form);
    watch.precede(form.head_without(FIELDS.as_bytes(), |name| name == "policy"));
    (form, watch)
}

#[test]
fn a_form_ends_behind_its_file() {
    let rule = BodyRule::File { least: 3, most: 5 };
    let head = FIELDS
        .replace("--xx\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\nsecret\r\n", "");
    for (file, fits) in
        [("12", false), ("123", true), ("12345", true), ("123456", false), ("\r\n-", true)]
    {
        for after in
            ["--\r\n", "\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nb\r\n--xx--\r\n"]
        {
            let body = format!("{file}\r\n--xx{after}");
            for cut in 0..body.len() {
                let (first, second) = body.as_bytes().split_at(cut);
                let seen = send(upload(&rule).1, Pieces::of(&[first, second]));
                let ending = if fits { Ending::Agreed } else { Ending::Differs };
                assert_eq!((seen.complete, seen.ending), (fits, Some(ending)), "{body:?} {cut}");
                if fits {
                    let text = String::from_utf8(seen.bytes).unwrap();
                    assert_eq!(text, format!("{head}{file}\r\n--xx--\r\n"));
                }
            }
        }
    }
    // A file without an end is none.
    let seen = send(upload(&rule).1, Pieces::of(&[b"1234\r\n--x"]));
    assert_eq!((seen.complete, seen.ending), (false, Some(Ending::Differs)));
}

#[test]
fn an_abandoned_body_can_still_be_judged() {
    for (body, ending) in [("hello", Ending::Agreed), ("hellp", Ending::Differs)] {
        let rest = Rc::new(Cell::new(None));
        let told = Rc::clone(&rest);
        let [rule, ..] = rules(b"hello");
        let pieces = Pieces::of(&[&body.as_bytes()[..2], &body.as_bytes()[2..]]);
        let mut guarded = Guarded::new(Watch::new(rule.check()), pieces, move |coverage| {
            if let Coverage::Abandoned(rest) = coverage {
                told.set(Some(rest));
            }
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(guarded.poll(&mut cx).is_ready());
        drop(guarded);
        let mut rest = rest.take().unwrap();
        assert_eq!(rest.poll_ending(&mut cx), Poll::Ready(ending));
    }
}
