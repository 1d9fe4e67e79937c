import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const source = (fields: string) =>
  pipelineText({ source: `{ kind: file, format: csv, ${fields} }` })
const path = (text: string) => source(`path: ${JSON.stringify(text)}`)
const s3 = (fields: string) => source(`path: "s3://lake/a.csv", s3: { ${fields} }`)
const keys = 'access_key_id: "${ID}", secret_access_key: "${SECRET}"'

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['no path', source('records: $'), /source\.path: is missing/],
  ['no paths', source('path: []'), /source\.path: has no paths/],
  ['an empty path', source('path: ""'), /source\.path: is empty/],
  ['a path that is a number', source('path: 7'), /source\.path: must be text/],
  ['a wrong path among others', source('path: [a.csv, data/]'), /path\.1: names a folder/],
  ['a file URL', path('file:///data/a.csv'), /path: file: is not written.*as \/data\/a\.csv/],
  ['another scheme', path('ftp://h/a.csv'), /path: ftp:\/\/ is not supported/],
  ['another store', path('gs://bucket/a.csv'), /gs:\/\/ is not supported.*s3:\/\//],
  ['an account of Azure', path('az://c/a.csv'), /az:\/\/ is not supported/],
  ['half a scheme', path('s3:/lake/a.csv'), /must begin with s3:\/\//],
  ['a bucket alone', path('s3://lake'), /must name a bucket and a key/],
  ['a folder of a bucket', path('s3://lake/2001/'), /names a folder/],
  ['a wildcard in a bucket', path('s3://la*/a.csv'), /of no bucket/],
  ['a control character', path('a\nb.csv'), /control character/],
  ['a reference with a default', path('${A:-b}/a.csv'), /has the form \$\{NAME\}/],
  ['a reference behind a wildcard', path('data/*/${NAME}.csv'), /reference behind a wildcard/],
  ['a reference within a name', path('data/*${NAME}.csv'), /reference behind a wildcard/],
  ['folders within a name', path('data/a**.csv'), /\*\* stands for folders/],
  ['a way up behind a wildcard', path('data/*/../a.csv'), /\. or \.\. behind a wildcard/],
  ['an unknown placeholder', path('data/{interval.begin}.csv'), /\{interval\.begin\} is unknown/],
  ['a list in braces', path('data/*.{csv,json}'), /is no list here: write several paths/],
  ['letters in brackets', path('data/[0-9]*.csv'), /wildcards are \*, \*\* and \?/],
  ['a wildcard over HTTP', path('https://h/a/*.csv'), /HTTP has no lists, so name each file/],
  ['a fragment', path('https://h/a.csv#x'), /fragment/],
  ['a secret parameter', path('https://h/a.csv?api_key=abc'), /holds a secret in clear text/],
  ['a signed address', path('https://h/a.csv?X-Amz-Signature=abc'), /a secret in clear text/],
  [
    'a signed address of a host that is a reference',
    path('${BASE}/a.csv?sig=abc'),
    /a secret in clear text/,
  ],
  [
    'auth of a local file',
    source('path: a.csv, auth: { kind: bearer, token: "${T}" }'),
    /source\.auth: is for paths that begin with http/,
  ],
  [
    'headers of an object',
    source('path: "s3://lake/a.csv", headers: { a: b }'),
    /source\.headers: is for paths that begin with http/,
  ],
  [
    'a header that asks for other bytes',
    source('path: "https://h/a", headers: { Range: "bytes=0-9" }'),
    /source\.headers\.Range: is set by reading itself/,
  ],
  [
    'auth beside the same header',
    source(
      'path: "https://h/a", headers: { authorization: "${A}" }, auth: { kind: bearer, token: "${T}" }',
    ),
    /headers\.authorization: is sent by auth already/,
  ],
  [
    'auth beside a user',
    source('path: [b, "https://${U}@h/a"], auth: { kind: bearer, token: "${T}" }'),
    /source\.auth: the url holds a user already/,
  ],
  ['a store of local files', source(`path: a.csv, s3: { ${keys} }`), /source\.s3: is for paths/],
  [
    'a secret key in clear text',
    s3('access_key_id: "${ID}", secret_access_key: hunter2'),
    /secret_access_key: holds a secret in clear text/,
  ],
  [
    'a key id in clear text',
    s3('access_key_id: hunter2, secret_access_key: "${SECRET}"'),
    /access_key_id: holds a secret in clear text/,
  ],
  ['a store without keys', s3('region: eu'), /s3\.access_key_id: is missing/],
  ['a store at no address', s3(`${keys}, endpoint: "minio:9000"`), /s3\.endpoint: must begin with/],
  [
    'a store with a password',
    s3(`${keys}, endpoint: "https://u:hunter2@h"`),
    /s3\.endpoint: holds a user or password in clear text/,
  ],
  ['a region that splits', s3(`${keys}, region: "a\\nb"`), /s3\.region: is no name of a region/],
  ['records of CSV', source('path: a, records: $.data'), /source\.records: is for JSON bodies/],
  ['another compression', source('path: a, compression: bzip2'), /compression: bzip2 is unknown/],
]

for (const [what, text, expected] of REFUSED) {
  test(`${what} is refused`, () => {
    const problems = problemsOf(text).join('\n')
    assert.match(problems, expected)
    assert.doesNotMatch(problems, /hunter2|abc/)
  })
}

for (const address of ['https://u:hunter2@h/a.csv', 'https://hunter2@h/a.csv']) {
  test(`${address} is refused without a word of the secret`, () => {
    const problems = problemsOf(path(address)).join()
    assert.match(problems, /\$\{NAME\}/)
    assert.doesNotMatch(problems, /hunter2/)
  })
}

for (const good of [
  'data/{partition}/*.csv.gz',
  '/data/**/part-?.csv',
  '../other/a.csv',
  'a b/ü+&%20.csv',
  '${FOLDER}/*.csv',
  's3://lake/flights/{partition}/*.parquet',
  's3://${BUCKET}/a[1].csv',
  'S3://lake/a',
  'https://h/{partition}/a.csv?columns=*&since={interval.start}',
  'https://u:${PASSWORD}@h/a.csv?token=${TOKEN}',
  '${BASE}/a.csv?X-Amz-Signature=${SIGNATURE}',
  'C:/data/a.csv',
]) {
  test(`${good} is taken`, () => assert.deepEqual(problemsOf(path(good)), []))
}

test('paths of several kinds may stand together, with what each of them needs', () => {
  const text = source(
    `path: [a.csv, "s3://lake/a.csv", "https://h/a.csv"], s3: { ${keys}, endpoint: "\${MINIO}" }, headers: { x-api-key: "\${K}" }, auth: { kind: basic, user: u, password: "\${P}" }`,
  )
  assert.deepEqual(problemsOf(text), [])
})
