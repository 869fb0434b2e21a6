//! Mistakes in catalogue files: each is refused with its line, its field and a reason.

use ramgate::catalog::{Catalog, CatalogFile};

const ROA: &str = include_str!("../vectors/catalogs/lamps.yaml");
const RPC: &str = include_str!("../vectors/catalogs/bulbs.yaml");

/// A mistake: what is written instead of what, and where and how it is reported.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

fn check(name: &str, base: &str, mistakes: &[Mistake]) {
    let compile = |text: &str| Catalog::compile(&[CatalogFile { name, text }]);
    assert!(compile(base).is_ok(), "{:#?}", compile(base).unwrap_err());
    let mut wrong = Vec::new();
    for (from, to, field, message) in mistakes {
        assert!(base.contains(from), "{from}");
        let before = base.split(from).next().unwrap().lines().count().max(1);
        let text = base.replacen(from, to, 1);
        let last = before + to.lines().count();
        let problems = compile(&text).err().unwrap_or_default();
        let found = problems.iter().any(|problem| {
            let line = usize::try_from(problem.at.line).unwrap();
            let near = (before.saturating_sub(6)..=last).contains(&line);
            problem.file == name
                && near
                && problem.field == *field
                && problem.message.contains(message)
        });
        if !found {
            wrong.push(format!("{to} (lines {before} to {last}): {problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_a_product_with_paths() {
    check(
        "lamps.yaml",
        ROA,
        &[
            ("'ramgate-catalog/1'", "'ramgate-catalog/2'", "schema", "is no schema"),
            (
                "product: lamps",
                "product: lamp",
                "product",
                "the file `lamps` describes the product `lamp`",
            ),
            ("ram_code: lamps", "ram_code: Lamps", "ram_code", "lower-case"),
            ("style: roa", "style: soap", "style", "`soap` is no style"),
            ("style: roa", "style: roa\nsignatures: soap", "signatures", "cannot be read"),
            (
                "style: roa",
                "style: roa\nquery_modifiers: [x]",
                "query_modifiers",
                "only the style oss",
            ),
            ("style: roa", "style: roa\nunlisted: by-name", "unlisted", "only rpc"),
            ("style: roa", "style: roa\nunlisted: maybe", "unlisted", "is no unlisted"),
            ("style: roa", "style: roa\ntraits: [shiny]", "traits[0]", "no trait `shiny`"),
            ("style: roa", "style: roa\ncolour: red", "colour", "unknown field"),
            ("scope: regional", "scope: here", "scope", "`here` is no scope"),
            ("title: 'Lamps'", "title: [Lamps]", "title", "one value is wanted"),
            ("notes: ['a note']", "notes: 'a note'", "notes", "a list"),
            ("what: 'the manual'", "wat: 'the manual'", "sources.MAN.wat", "unknown field"),
            (
                "'lamps.{region}.example.test'",
                "'Lamps.example.test'",
                "endpoints[0]",
                "no host pattern",
            ),
            ("versions: ['1']", "versions: ['1', '1']", "versions", "`1` stands twice"),
            ("api: '1'", "api: '2'", "operations[0].api", "`2` is not among"),
            ("type: string", "type: text", "condition_keys.lamps:Colour.type", "`text` is no type"),
            (
                "from: [body.colour]",
                "from: [header.colour]",
                "condition_keys.lamps:Colour.from[0]",
                "carry no `header.colour`",
            ),
            (
                "from: [body.colour]",
                "from: ['a b']",
                "condition_keys.lamps:Colour.from[0]",
                "no parameter name",
            ),
            ("method: GET", "method: FETCH", "operations[0].method", "`FETCH` is no method"),
            (
                "path: '/rooms/{room}/lamps'",
                "path: 'rooms'",
                "operations[0].path",
                "begins with `/`",
            ),
            (
                "path: '/rooms/{room}/lamps'",
                "path: '/{room...}/lamps'",
                "operations[0].path",
                "so it stands last",
            ),
            (
                "path: '/rooms/{room}/lamps'",
                "path: '/rooms/{room}/{room}'",
                "operations[0].path",
                "stands twice",
            ),
            (
                "path: '/rooms/{room}/lamps'",
                "path: '/rooms/a{room}/lamps'",
                "operations[0].path",
                "neither text nor one variable",
            ),
            (
                "path: '/rooms/{room}/lamps'",
                "path: '/rooms/{}/lamps'",
                "operations[0].path",
                "has a name",
            ),
            ("level: list", "level: admin", "operations[0].level", "`admin` is no level"),
            ("kind: list", "kind: look", "operations[0].kind", "`look` is no kind"),
            (
                "confidence: high",
                "confidence: sure",
                "operations[0].confidence",
                "`sure` is no confidence",
            ),
            ("source: MAN", "source: MEN", "operations[0].source", "no entry in sources"),
            ("note: 'by room'", "note: [by room]", "operations[0].note", "one value is wanted"),
            ("name: PaintLamp", "name: SwitchLamp", "operations[2].name", "stands twice"),
            (
                "name: SwitchLamp",
                "name: Switch-Lamp",
                "operations[1].name",
                "no name of an operation",
            ),
            (
                "match: {query: {do: switch}}",
                "match: {query: switch}",
                "operations[1].match.query",
                "is a mapping",
            ),
            (
                "match: {query: {do: switch}}",
                "match: {target: lamp}",
                "operations[1].match.target",
                "unknown field",
            ),
            (
                "match: {query: {do: paint}}",
                "match: {query: {do: switch}}",
                "operations[2].path",
                "fit the same request",
            ),
            (
                "house/{host.house}'",
                "house/x'",
                "operations[4].path",
                "`ReadShade` and `ReadAny` fit the same request",
            ),
            (
                "action: 'lamps:ListLamps'",
                "action: 'ListLamps'",
                "operations[0].checks[0].action",
                "is no action",
            ),
            (
                "action: 'lamps:ListLamps'",
                "action: 'lamps:List*'",
                "operations[0].checks[0].action",
                "is no action",
            ),
            (
                "conditions: ['lamps:Colour']",
                "conditions: ['lamps:Color']",
                "operations[1].checks[0].conditions",
                "no entry in condition_keys",
            ),
            (
                "traits: [object-read]",
                "traits: [object-look]",
                "operations[2].checks[0].traits[0]",
                "no trait `object-look`",
            ),
            (
                "required: true, absent: deny",
                "requierd: true, absent: deny",
                "operations[0].checks[0].resources[0].requierd",
                "unknown field",
            ),
            (
                "required: true, absent: deny",
                "required: maybe, absent: deny",
                "operations[0].checks[0].resources[0].required",
                "cannot be read",
            ),
            (
                "required: true, absent: deny",
                "required: true, absent: ask",
                "operations[0].checks[0].resources[0].absent",
                "is no way to read",
            ),
            (
                "required: true, absent: deny",
                "required: true, absent: caller, default: deny",
                "operations[0].checks[0].resources[0].default",
                "goes with `switch`",
            ),
            (
                "lamp/{room}/*'",
                "lamp/{room:upper}/*'",
                "operations[0].checks[0].resources[0].arn",
                "no placeholder form",
            ),
            (
                "lamp/{room}/*'",
                "lamp/{caller.Shoes}/*'",
                "operations[0].checks[0].resources[0].arn",
                "caller",
            ),
            (
                "acs:lamps:{RegionId}:{AccountId}:lamp/{room}/*",
                "acs:lamps:lamp/{room}/*",
                "operations[0].checks[0].resources[0].arn",
                "five segments",
            ),
            (
                "acs:lamps:{RegionId}:{AccountId}:lamp/{room}/*",
                "acs:lamps:{RegionId}:{room}:lamp/*",
                "operations[0].checks[0].resources[0].arn",
                "the account segment",
            ),
            (
                "{host.house}",
                "{host.home}",
                "operations[3].checks",
                "no host in endpoints has a part `{home}`",
            ),
            (
                "when: {body.colour: {present: true}}",
                "when: {body.colour: {present: true, not: red}}",
                "operations[2].checks[0].when.body.colour",
                "exactly one test",
            ),
            (
                "when: {body.colour: {present: true}}",
                "when: {body.colour: {in: []}}",
                "operations[2].checks[0].when.body.colour",
                "empty list",
            ),
            (
                "when: {body.colour: {present: true}}",
                "when: {form.colour: {present: true}}",
                "operations[2].checks[0].when.form.colour",
                "carry no `form.colour`",
            ),
            (
                "when: {body.colour: {present: true}}",
                "when: [body.colour]",
                "operations[2].checks[0].when",
                "is a mapping",
            ),
        ],
    );
}

#[test]
fn of_a_product_with_parameters() {
    check(
        "bulbs.yaml",
        RPC,
        &[
            ("versions: ['2020-01-01']", "versions: []", "versions", "lists its versions"),
            (
                "  - name: SwitchBulb",
                "  - name: SwitchBulb\n    path: '/'",
                "operations[0].path",
                "has no `path`",
            ),
            (
                "  - name: SwitchBulb",
                "  - name: SwitchBulb\n    auth: nobody",
                "operations[0].auth",
                "is no auth",
            ),
            (
                "  - name: SwitchBulb",
                "  - name: SwitchBulb\n    auth: anonymous",
                "operations[0].checks",
                "`auth` says that it needs none",
            ),
            (
                "  - name: SwitchBulb",
                "  - name: SwitchBulb\n    traits: [free-query]",
                "operations[0].traits[0]",
                "no trait",
            ),
            (
                "{BulbId}', required: true}",
                "{BulbId', required: true}",
                "operations[0].checks[0].resources[0].arn",
                "without its `}`",
            ),
            (
                "{BulbId}', required: true}",
                "{body.BulbId}', required: true}",
                "operations[0].checks[0].resources[0].arn",
                "carry no `body.BulbId`",
            ),
            (
                "{BulbId}', required: true}",
                "1', required: true, absent: wildcard}",
                "operations[0].checks[0].resources[0].absent",
                "no value of it can be absent",
            ),
            (
                "{BulbId}', required: true}",
                "{BulbId}/{X}', required: true, absent: caller}",
                "operations[0].checks[0].resources[0].absent",
                "exactly one value",
            ),
            (
                "must_match: 'acs:bulbs:*:{AccountId}:bulb/*'",
                "must_match: 'acs:bulbs:bulb/*'",
                "operations[1].checks[0].resources[0].arn",
                "`must_match` has the form",
            ),
            (
                "must_match: 'acs:bulbs:*:{AccountId}:bulb/*', ",
                "",
                "operations[1].checks[0].resources[0].arn",
                "needs `must_match`",
            ),
            (
                "fold: true, default: deny",
                "fold: true, default: allow",
                "operations[2].checks[0].resources[0].default",
                "`allow` is no default",
            ),
            (
                "{Bulb: 'acs",
                "{BULB: '*', Bulb: 'acs",
                "operations[2].checks[0].resources[0].cases.Bulb",
                "another spelling",
            ),
            (
                "switch: Type, fold",
                "switch: 'Ty pe', fold",
                "operations[2].checks[0].resources[0].switch",
                "no parameter name",
            ),
            (
                "fold: true, default: deny",
                "must_match: 'x', fold: true, default: deny",
                "operations[2].checks[0].resources[0].must_match",
                "goes with `arn`",
            ),
        ],
    );
}
