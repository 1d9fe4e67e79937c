import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const source = (fields: string) => pipelineText({ source: `{ kind: http, ${fields} }` })
const httpSource = (fields: string) => source(`url: "http://source.invalid", ${fields}`)
const url = (text: string) => source(`url: "${text}"`)
const columns = (fields: string) =>
  pipelineText({ columns: `{ id: { type: bigint, key: true }, ${fields} }` })
const target = (table: string) =>
  pipelineText({ target: `{ kind: postgres, table: ${table}, mode: merge }` })
const incremental = (text: string) =>
  pipelineText({
    source: '{ kind: http, url: "http://h", query: { since: "{high_water_mark}" } }',
    columns: '{ id: { type: bigint, key: true }, on: boolean }',
    incremental: text,
  })
const cursor = '{ kind: cursor, path: $.next }'

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['auth without its token', httpSource('auth: { kind: bearer }'), /auth\.token: is missing/],
  [
    'a pagination with a key of another',
    httpSource('next: { kind: link-header, size: 1 }'),
    /size: is not a key here/,
  ],
  ['a pagination by cursor in short', httpSource('next: cursor'), /next: cursor is unknown/],
  [
    'a page of nothing',
    httpSource('next: { kind: page, size: 0 }'),
    /next\.size: must be a whole number from 1/,
  ],
  [
    'a page before the first',
    httpSource('next: { kind: offset, first: -1 }'),
    /next\.first: must be a whole number from 0/,
  ],
  [
    'a page number that the query sets',
    httpSource('query: { p: 1 }, next: { kind: page, parameter: p }'),
    /sets p already, which is to ask for the page/,
  ],
  [
    'an offset that the URL sets',
    source('url: "http://h/?offset=0", next: offset'),
    /sets offset already/,
  ],
  [
    'a mark of a column that is not there',
    incremental('{ column: x, initial: 0 }'),
    /incremental\.column: is not a declared column/,
  ],
  [
    'a mark of a type without order',
    incremental('{ column: on, initial: true }'),
    /incremental\.column: is of type boolean/,
  ],
  [
    'a first mark of another type',
    incremental('{ column: id, initial: x }'),
    /incremental\.initial: is not of type bigint/,
  ],
  [
    'a mark that nobody asks for',
    pipelineText({ incremental: '{ column: id, initial: 0 }' }),
    /incremental: changes nothing/,
  ],
  [
    'a question for a mark that is not kept',
    httpSource('query: { since: "{high_water_mark}" }'),
    /source: asks for \{high_water_mark\}/,
  ],
  ['Parquet over HTTP', httpSource('format: parquet'), /format: parquet is unknown/],
  [
    'an array of two dimensions',
    columns('a: "integer[][]"'),
    /columns\.a: an array has one dimension, of any length: write integer\[\]/,
  ],
  ['an array of no type', columns('a: "string[]"'), /did you mean text\[\]\?/],
  [
    'json in an array as a key',
    columns('a: { type: "json[]", key: true }'),
    /a\.key: PostgreSQL compares no json: a key may be jsonb\[\]/,
  ],
  [
    'a default that is no array of the type',
    columns('a: { type: "integer[]", default: "{1,x}" }'),
    /a\.default: is not of type integer\[\]/,
  ],
  ['json as a key', columns('a: { type: json, key: true }'), /a\.key: PostgreSQL compares no json/],
  ['a path with a filter', columns('a: { type: text, from: "$.a[0]" }'), /a\.from: may name plain/],
  [
    'a default of another type',
    columns('a: { type: integer, default: 1.5 }'),
    /a\.default: is not of/,
  ],
  [
    'a default that is null',
    columns('a: { type: text, default: null }'),
    /a\.default: has no value/,
  ],
  [
    'a reference as default',
    columns('a: { type: text, default: "${A}" }'),
    /a\.default: a reference/,
  ],
  ['a missing section', pipelineText({ target: undefined }), /1:1 target: is missing/],
  ['an empty section', pipelineText({ source: '' }), /2:\d+ source: has no value/],
  ['no columns', pipelineText({ columns: '{}' }), /columns: has no columns/],
  ['no key', pipelineText({ columns: '{ a: text }' }), /columns: a merge needs a key/],
  [
    'a key that is no boolean',
    columns('a: { type: text, key: "yes" }'),
    /a\.key: must be true or false/,
  ],
  ['a long name', columns(`${'ä'.repeat(32)}: text`), /has 64 bytes/],
  ['NUL in a name', columns('"a\\0": text'), /holds NUL/],
  ['half a surrogate', columns('"a\\uD800": text'), /not well-formed/],
  ['a system column', columns('ctid: text'), /columns\.ctid: is the name of a system column/],
  ['names alike but for case', columns('ID: text'), /columns\.ID: differs from id in case only/],
  ['a type that is nothing', columns('a: { type, key: true }'), /columns\.a\.type: /],
  ['numeric without digits', columns('a: numeric'), /did you mean numeric\(38, 9\)/],
  ['too many digits', columns('a: "numeric(39, 0)"'), /1 to 38 digits/],
  ['more decimals than digits', columns('a: "numeric(2, 3)"'), /more decimals than digits/],
  ['a path with an index', httpSource('records: "$.a[0]"'), /plain members only/],
  ['a path without $', httpSource('records: data'), /must be a path such as \$\.data/],
  [
    'records of CSV',
    httpSource('format: csv, records: $.data'),
    /source\.records: is for JSON bodies/,
  ],
  [
    'a cursor in CSV',
    httpSource(`format: csv, next: ${cursor}`),
    /source\.next: a cursor is read from a JSON body/,
  ],
  ['a cursor within the records', httpSource(`next: ${cursor}`), /source\.next\.path: lies within/],
  [
    'a cursor that the query sets',
    httpSource(`records: $.data, query: { cursor: 1 }, next: ${cursor}`),
    /sets cursor already/,
  ],
  [
    'an unknown placeholder',
    httpSource('query: { a: "{interval.begin}" }'),
    /query\.a: \{interval\.begin\} is unknown/,
  ],
  [
    'a bare placeholder',
    httpSource('query: { a: {interval.start} }'),
    /query\.a: must be in quotes/,
  ],
  ['a placeholder in the path', url('http://h/{interval.start}'), /in query values only/],
  ['a secret header', httpSource('headers: { Authorization: Bearer abc }'), /clear text/],
  ['a secret parameter', httpSource('query: { api_key: abc }'), /query\.api_key: holds a secret/],
  ['a header of the connection', httpSource('headers: { Host: x }'), /set by the connection/],
  ['a header twice', httpSource('headers: { a: x, A: y }'), /headers\.A: stands here twice/],
  ['a header that splits', httpSource('headers: { a: "x\\r\\nb: c" }'), /printable ASCII/],
  ['a reference with a default', httpSource('query: { a: "${A:-b}" }'), /has the form \$\{NAME\}/],
  [
    'a reference elsewhere',
    target('"${TABLE}"'),
    /target\.table: a reference is resolved in the url/,
  ],
  ['another scheme', url('file:///etc/passwd'), /must begin with http/],
  ['a fragment', url('http://h/a#b'), /fragment/],
  [
    'a decimal size',
    pipelineText({ limits: '{ batch_bytes: 16MB }' }),
    /batch_bytes: must be a size/,
  ],
  [
    'a size of nothing',
    pipelineText({ limits: '{ page_bytes: 0 }' }),
    /page_bytes: must be from 1 byte/,
  ],
  [
    'a negative count',
    pipelineText({ on_reject: '{ max: -1 }' }),
    /on_reject\.max: must be a whole number/,
  ],
  ['quotes in a table', target('\'"a"."b"\''), /without quotes/],
  ['a table in a database', target('a.b.c'), /must be a table, or a schema and a table/],
  ["the tool's own schema", target('claimcheck.loads'), /not for loaded tables/],
]

for (const [what, text, expected] of REFUSED) {
  test(`${what} is refused`, () => assert.match(problemsOf(text).join('\n'), expected))
}

for (const address of [
  'https://u:hunter2@h/',
  'https://hunter2@h',
  '${A}:hunter2@h/',
  '${A}hunter2:${X',
]) {
  test(`${address} is refused without a word of the secret`, () => {
    const problems = problemsOf(url(address))
    assert.equal(problems.length, 1)
    assert.match(problems.join(), /\$\{NAME\}/)
    assert.doesNotMatch(problems.join(), /hunter2/)
  })
}
