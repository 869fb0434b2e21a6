use super::*;

#[test]
fn lengths() {
    let mut body = BodyScan::new(BodyFraming::Length(5));
    assert!(!body.has_ended());
    assert_eq!(body.follow(b"abc"), Ok(Followed { len: 3, ended: false }));
    assert_eq!(body.follow(b"deGET /"), Ok(Followed { len: 2, ended: true }));
    assert_eq!(body.follow(b"more"), Ok(Followed { len: 0, ended: true }));
    assert!(BodyScan::new(BodyFraming::None).has_ended());
}

#[test]
fn chunked() {
    for (text, rest) in [
        ("0\r\n\r\n", ""),
        ("0\r\n\r\nGET /", "GET /"),
        ("3\r\nabc\r\n0\r\n\r\nx", "x"),
        ("00a\r\n0123456789\r\n1\r\na\r\n000\r\n\r\n", ""),
        ("A;name=value;x=\"y\"\r\n0123456789\r\n0;e\r\n\r\n", ""),
        ("1\r\n\n\r\n0\r\nX-Trailer: a\r\nY:\r\n\r\n0", "0"),
        ("0000000000000001\r\na\r\n0\r\n\r\n", ""),
    ] {
        check(text, Ok(rest));
    }
    let ends = ["", "5\r\nabc", "0\r\n", "0\r\n\r", "0\r\nX: a\r\n"];
    for text in ends {
        assert!(!BodyScan::new(BodyFraming::Chunked).follow(text.as_bytes()).unwrap().ended);
    }
}

#[test]
fn refused_chunks() {
    let many = format!("1;{}\r\na\r\n", "e".repeat(3000)).repeat(2);
    let trailers = format!("0\r\nX: {}\r\n\r\n", "e".repeat(5000));
    for text in [
        "\r\n",
        ";\r\n",
        "x\r\n",
        "0x3\r\n",
        "+3\r\n",
        "-1\r\n",
        " 3\r\nabc\r\n",
        "3 \r\nabc\r\n",
        "3\nabc\r\n",
        "3\rabc",
        "3\r\nabcd\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc\r0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3;a\nb\r\nabc\r\n",
        "3;a\r\r\nabc",
        "3;\0\r\nabc\r\n",
        "3;é\r\nabc\r\n",
        "00000000000000003\r\nabc\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
        "8000000000000000\r\n",
        "10000000000000000\r\n",
        "0\r\n\n",
        "0\n\r\n",
        "0\r\n\rX",
        "0\r\n X: a\r\n\r\n",
        "0\r\nX : a\r\n\r\n",
        "0\r\n: a\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX: a\n\r\n",
        "0\r\nX: a\r\n folded\r\n\r\n",
        &many,
        &trailers,
    ] {
        check(text, Err(()));
    }
}

#[track_caller]
fn check(text: &str, rest: Result<&str, ()>) {
    for step in [text.len(), 1, 3] {
        let found = in_steps(text.as_bytes(), step)
            .map(|end| text.get(end..).unwrap())
            .map_err(|_refused| ());
        assert_eq!(found, rest, "{text:?} in steps of {step}");
    }
}

fn in_steps(bytes: &[u8], step: usize) -> Result<usize, FramingError> {
    let mut body = BodyScan::new(BodyFraming::Chunked);
    let mut end = 0;
    for piece in bytes.chunks(step) {
        end += body.follow(piece)?.len;
        if body.has_ended() {
            break;
        }
    }
    Ok(end)
}

mod any_split {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "3\r\nabc\r\n",
            "0\r\n",
            "\r\n",
            "1",
            ";e",
            "\n",
            "X: y",
            "a",
            ":",
        ])
    }

    proptest! {
        #[test]
        fn gives_the_same_result(pieces in prop::collection::vec(piece(), 1..12), step in 1usize..9) {
            let text = pieces.concat();
            prop_assert_eq!(in_steps(text.as_bytes(), step), in_steps(text.as_bytes(), text.len()));
        }
    }
}
