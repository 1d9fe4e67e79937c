import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jsonLines, runCli } from '../support/run-cli.ts'

const bodies: Readonly<Record<string, string>> = {
  '/json': '{"data":[{"id":1,"delay":-1,"tags":[1]},{"id":2,"delay":5,"note":null}]}',
  '/ndjson': '{"id":12345678901234567890}\n{"id":1.50}\n{"id":\n',
  '/csv': 'zip,price\n00501,1.5\n10001,\n',
  '/empty': '[]',
  '/broken': '{"data":[',
  '/page?page=1': '[{"id":1}]',
  '/page?page=2': '[{"id":2,"late":true}]',
  '/page?page=3': '[]',
}

describe('pipelines infer', () => {
  let server: http.Server
  let url = ''
  let folder = ''
  let authorization: string | undefined
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-infer-command-'))
    server = http.createServer((request, response) => {
      authorization = request.headers.authorization
      const body = bodies[request.url ?? '']
      response.statusCode = body === undefined ? 404 : 200
      response.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })

  function infer(...args: string[]) {
    return runCli(['pipelines', 'infer', ...args], {
      ...process.env,
      CLAIMCHECK_PIPELINES: folder,
      SOURCE_TOKEN: 'the-secret-token',
    })
  }

  test('drafts columns as YAML, and says what it saw on standard error', async () => {
    const { exitCode, stdout, stderr } = await infer('--url', `${url}/json`, '--records', '$.data')
    assert.equal(exitCode, 0)
    assert.equal(
      stdout,
      `columns:
  id: { type: bigint, key: true } # unique and never null in 2 records
  delay: bigint
  tags: jsonb
  note: text # null in every record
`,
    )
    assert.equal(
      stderr,
      `# seen: 2 records on 1 page
#   "id": 2 integers
#   "delay": 2 integers
#   "tags": 1 arrays or objects, 1 null
#   "note": 2 null
`,
    )
  })

  test('loses no digit of NDJSON, and counts what is malformed', async () => {
    const outcome = await infer('--url', `${url}/ndjson`, '--format', 'ndjson', '--json')
    const [id, ...others] = jsonLines(outcome)
    assert.deepEqual(others, [])
    assert.deepEqual(id, {
      type: 'column',
      name: 'id',
      from: 'id',
      columnType: 'numeric(28, 4)',
      key: false,
      seen: { integer: 1, decimal: 1 },
    })
    assert.match(outcome.stderr, /^# malformed and set aside: 1 more$/m)
  })

  test('reads CSV, where leading zeros stay text', async () => {
    const { stdout } = await infer('--url', `${url}/csv`, '--format', 'csv')
    assert.match(stdout, /^ {2}zip: \{ type: text, key: true \}/m)
    assert.match(stdout, /^ {2}price: numeric\(8, 3\)$/m)
  })

  test('takes a file that is not finished, with its references, over several pages', async () => {
    const file = join(folder, 'unfinished.yaml')
    const headers = 'headers: { authorization: "Bearer ${SOURCE_TOKEN}" }'
    await writeFile(
      file,
      `source:\n  kind: http\n  url: ${url}/page\n  ${headers}\n  next: page\nunknown: 1\n`,
    )
    const { exitCode, stdout, stderr } = await infer(file)
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, /^ {2}late: boolean$/m)
    assert.match(stderr, /^# seen: 2 records on 3 pages\n/)
    assert.equal(authorization, 'Bearer the-secret-token')
    assert.ok(!(stdout + stderr).includes('the-secret-token'))

    const first = await infer('unfinished', '--pages', '1')
    assert.match(first.stderr, /^# seen: 1 record on 1 page; the source has more: see --pages\n/)
    assert.ok(!first.stdout.includes('late'))
  })

  test('says what is wrong with the source of a file, and with nothing else in it', async () => {
    const file = join(folder, 'wrong.yaml')
    await writeFile(file, 'name: Wrong\nsource:\n  kind: http\n  url: ftp://x\n  formt: csv\n')
    const { exitCode, stderr } = await infer(file)
    assert.equal(exitCode, 2)
    assert.match(stderr, /wrong\.yaml:4:8 source\.url: must begin with/)
    assert.match(stderr, /wrong\.yaml:5:3 source\.formt: is not a key here/)
    assert.ok(!/ (name|columns|target):/.test(stderr), stderr)
  })

  test('exits by what went wrong', async () => {
    const cases: [expected: number, code: RegExp, args: string[]][] = [
      [1, /RECORDS_MISSING/, ['--url', `${url}/empty`]],
      [1, /SOURCE_MALFORMED/, ['--url', `${url}/broken`]],
      [1, /SOURCE_REFUSED/, ['--url', `${url}/gone`]],
      [2, /either a pipeline or --url/, []],
      [2, /either a pipeline or --url/, ['wrong', '--url', url]],
      [2, /are for --url/, ['wrong', '--format', 'csv']],
      [2, /whole number/, ['wrong', '--pages', '0']],
      [2, /SOURCE_SETTING_MISSING/, ['--url', '${NO_SUCH_VARIABLE}/x']],
      [4, /PIPELINE_NOT_FOUND/, ['no-such']],
      [5, /SOURCE_UNREACHABLE/, ['--url', 'http://127.0.0.1:9']],
    ]
    for (const [expected, code, args] of cases) {
      const { exitCode, stdout, stderr } = await infer(...args)
      assert.deepEqual([exitCode, stdout], [expected, ''], args.join(' '))
      assert.match(stderr, code)
    }
  })
})
