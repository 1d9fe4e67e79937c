import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { httpSource, pipelineText, problemsOf } from '../pipeline/pipeline-text.ts'

const text = (fields: string, url = 'https://source.invalid') =>
  pipelineText({ source: `\n  kind: http\n  url: "${url}"\n  ${fields}` })
const sourceOf = (fields: string) => httpSource(parsePipelineFile(text(fields), 'flights.yaml'))

test('every kind of auth is taken', () => {
  assert.deepEqual(sourceOf('auth: { kind: bearer, token: "${T}" }').auth, {
    kind: 'bearer',
    token: '${T}',
  })
  assert.deepEqual(sourceOf('auth: { kind: basic, user: 0012, password: "${P}" }').auth, {
    kind: 'basic',
    user: '0012',
    password: '${P}',
  })
  assert.deepEqual(sourceOf('auth: { kind: header, name: X-Key, value: "Key ${K}" }').auth, {
    kind: 'header',
    name: 'X-Key',
    value: 'Key ${K}',
  })
  const fields = 'token_url: "${LOGIN}/token", client_id: me, client_secret: "${S}", scope: a b'
  assert.deepEqual(sourceOf(`auth: { kind: oauth2, ${fields} }`).auth, {
    kind: 'oauth2',
    tokenUrl: '${LOGIN}/token',
    clientId: 'me',
    clientSecret: '${S}',
    scope: 'a b',
  })
})

test('limits of requests are taken, and nothing is made up where there are none', () => {
  const source = sourceOf('timeout_seconds: 30\n  rate: { requests_per_second: 0.5 }')
  assert.equal(source.timeoutMs, 30_000)
  assert.deepEqual(source.rate, { requestsPerSecond: 0.5 })
  const plain = sourceOf('format: json')
  assert.ok(!('timeoutMs' in plain || 'rate' in plain || 'auth' in plain))
})

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['auth: { kind: bearer, token: hunter2 }', /auth\.token: holds a secret in clear text/],
  ['auth: { kind: bearer, token: "hunter2${T}" }', /auth\.token: holds a secret/],
  ['auth: { kind: bearer, token: "${T:-hunter2}" }', /auth\.token: holds a secret/],
  ['auth: { kind: basic, user: u, password: hunter2 }', /auth\.password: holds a secret/],
  ['auth: { kind: basic, user: "", password: "${P}" }', /auth\.user: is empty/],
  ['auth: { kind: header, name: x-key, value: hunter2 }', /auth\.value: holds a secret/],
  ['auth: { kind: header, name: host, value: "${K}" }', /auth\.name: is set by the connection/],
  ['auth: { kind: header, name: "a b", value: "${K}" }', /auth\.name: is not the name of a header/],
  [
    'auth: { kind: oauth2, token_url: "ftp://h", client_id: a, client_secret: "${S}" }',
    /auth\.token_url: must begin with/,
  ],
  [
    'auth: { kind: oauth2, token_url: "http://h", client_id: a, client_secret: hunter2 }',
    /auth\.client_secret: holds a secret/,
  ],
  ['auth: { kind: digest }', /auth\.kind: digest is unknown/],
  [
    'auth: { kind: bearer, token: "${T}" }\n  headers: { Authorization: "${A}" }',
    /headers\.Authorization: is sent by auth already/,
  ],
  [
    'auth: { kind: header, name: X-Key, value: "${T}" }\n  headers: { x-key: "1" }',
    /headers\.x-key: is sent by auth already/,
  ],
  ['timeout_seconds: 0', /timeout_seconds: must be a whole number of seconds from 1 to 21600/],
  ['timeout_seconds: 1.5', /timeout_seconds: must be a whole number/],
  ['rate: { requests_per_second: 0 }', /requests_per_second: must be from 0\.001 to 1000/],
  ['rate: { requests_per_second: "fast" }', /requests_per_second: must be a number/],
  ['rate: {}', /requests_per_second: is missing/],
]
for (const [fields, expected] of REFUSED) {
  test(`${fields.replaceAll('\n', ';')} is refused without a word of a secret`, () => {
    const problems = problemsOf(text(fields)).join('\n')
    assert.match(problems, expected)
    assert.doesNotMatch(problems, /hunter2/)
  })
}

test('a user in the URL beside auth is refused', () => {
  const problems = problemsOf(text('auth: { kind: bearer, token: "${T}" }', 'https://${U}@h'))
  assert.match(problems.join(), /source\.auth: the url holds a user already/)
})
