import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parsePipelineFile } from '../../src/pipeline/parse-pipeline-file.ts'
import { pipelineJsonSchema } from '../../src/pipeline/pipeline-schema.ts'
import { jsonLines, runCli } from '../support/run-cli.ts'
import { pipelineText } from '../unit/pipeline/pipeline-text.ts'

let folder = ''
let file = ''
let broken = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claimcheck-pipelines-command-'))
  file = join(folder, 'trips.yaml')
  broken = join(folder, 'broken.yaml')
  const source = `
  kind: http
  url: https://\${USER_NAME}:\${PASSWORD}@api.example.com:8443/v1/trips?account=1
  headers: { authorization: "Bearer \${TOKEN}" }`
  const target = '{ kind: postgres, table: travel.trips, mode: merge }'
  await writeFile(file, pipelineText({ name: 'trips', source, target }))
  await writeFile(broken, 'name: broken\nsource: { kind: ftp }\ncolumns: { id: bigint }\n')
})
after(() => rm(folder, { recursive: true }))

function pipelines(...args: string[]) {
  return runCli(['pipelines', ...args], {
    ...process.env,
    CLAIMCHECK_PIPELINES: folder,
    TOKEN: 'the-secret-token',
    PASSWORD: 'the-secret-password',
  })
}

describe('pipelines ls', () => {
  test('lists valid and invalid pipelines side by side, without secrets', async () => {
    const { exitCode, stdout, stderr } = await pipelines('ls')
    assert.equal(exitCode, 0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    assert.ok(rows.some(([name]) => name === 'airports'))
    assert.deepEqual(
      rows.filter(([name]) => name === 'trips' || name === 'broken'),
      [
        ['broken', '', '', '', broken, 'invalid'],
        ['trips', 'http api.example.com:8443', 'postgres travel.trips', 'merge', file, 'valid'],
      ],
    )
    assert.match(stderr, /pipelines validate/)
    assert.ok(!(stdout + stderr).includes('the-secret'))
  })

  test('prints one JSON object a pipeline with --json', async () => {
    const lines = jsonLines(await pipelines('ls', '--json')) as Record<string, unknown>[]
    assert.deepEqual(
      lines.find(({ name }) => name === 'trips'),
      {
        type: 'pipeline',
        name: 'trips',
        file,
        state: 'valid',
        source: { kind: 'http', place: 'api.example.com:8443' },
        target: { kind: 'postgres', place: 'travel.trips', mode: 'merge' },
      },
    )
    const invalid = lines.find(({ name }) => name === 'broken')
    assert.equal(invalid?.['state'], 'invalid')
    assert.equal(invalid?.['code'], 'PIPELINE_INVALID')
  })
})

describe('pipelines validate', () => {
  test('prints every problem with its place, and exits with 2', async () => {
    const { exitCode, stdout, stderr } = await pipelines('validate')
    assert.equal(exitCode, 2)
    const problems = stdout.trimEnd().split('\n')
    assert.equal(problems.length, 2)
    assert.equal(problems[0], `${broken}:1:1 target: is missing`)
    assert.match(problems[1] ?? '', /broken\.yaml:2:17 source\.kind: ftp is unknown/)
    assert.match(stderr, /^\d+ of \d+ pipelines are valid\n$/)
  })

  test('takes names and files', async () => {
    const { exitCode, stdout, stderr } = await pipelines('validate', 'trips', file)
    assert.deepEqual([exitCode, stdout, stderr], [0, '', '2 of 2 pipelines are valid\n'])
  })

  test('prints JSON lines with --json', async () => {
    const outcome = await pipelines('validate', '--json', 'trips', 'broken')
    assert.equal(outcome.exitCode, 2)
    const [valid, ...problems] = jsonLines(outcome) as Record<string, unknown>[]
    assert.deepEqual(valid, { type: 'valid', file, name: 'trips' })
    assert.deepEqual(
      problems.map(({ type, line, column, field }) => [type, line, column, field]),
      [
        ['problem', 1, 1, 'target'],
        ['problem', 2, 17, 'source.kind'],
      ],
    )
  })

  test('goes on after what is not there, and exits with 4', async () => {
    const outcome = await pipelines('validate', 'no-such', join(folder, 'gone.yaml'), 'broken')
    assert.equal(outcome.exitCode, 4)
    assert.match(outcome.stderr, /PIPELINE_NOT_FOUND: There is no pipeline no-such/)
    assert.match(outcome.stderr, /PIPELINE_NOT_FOUND: There is no file .*gone\.yaml/)
    assert.match(outcome.stdout, /broken\.yaml:2:17/)
  })
})

describe('pipelines show', () => {
  test('shows the definition with defaults, and references as they are written', async () => {
    const { exitCode, stdout } = await pipelines('show', 'trips', '--json')
    assert.equal(exitCode, 0)
    const definition = parsePipelineFile(await readFile(file, 'utf8'), file)
    assert.deepEqual(JSON.parse(stdout), { type: 'pipeline', file, definition })
  })

  test('is YAML for people', async () => {
    const { stdout } = await pipelines('show', file)
    assert.match(stdout, /^# .*trips\.yaml\nname: trips\n/)
    assert.match(stdout, /authorization: Bearer \$\{TOKEN\}/)
    assert.match(stdout, /attempts: 8/)
    assert.ok(!stdout.includes('the-secret'))
  })

  test('exits with 4 where there is none, and with 2 where it is invalid', async () => {
    assert.equal((await pipelines('show', 'no-such')).exitCode, 4)
    assert.equal((await pipelines('show', 'broken')).exitCode, 2)
  })
})

test('pipelines schema prints the JSON Schema', async () => {
  const { exitCode, stdout } = await pipelines('schema')
  assert.equal(exitCode, 0)
  assert.deepEqual(JSON.parse(stdout), pipelineJsonSchema())
})
