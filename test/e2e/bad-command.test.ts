import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { assertFailure, type ExpectedFailure } from './support/assert-failure.ts'

describe('a command that cannot start', () => {
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed()
  })
  after(() => bed?.close())

  async function failingRun(
    pipeline: string,
    expected: ExpectedFailure,
    options: { readonly partition?: string; readonly environment?: NodeJS.ProcessEnv } = {},
  ): Promise<ReturnType<typeof assertFailure>> {
    const { partition = '2001-01-01T06', environment } = options
    const args = ['run', pipeline, '--partition', partition, '--wait', '--json']
    return assertFailure(await bed.cli(args, environment), expected)
  }

  it('says that there is no such pipeline, and which there are', async () => {
    const name = uniqueName('known')
    await bed.writeFlights({ name })
    const failure = await failingRun('no-such-pipeline', {
      code: 'PIPELINE_NOT_FOUND',
      exitCode: 4,
    })
    assert.ok(failure.message.includes('no-such-pipeline'))
    assert.ok(failure.remedy.includes(name))
  })

  it('says where a pipeline file is malformed', async () => {
    const name = uniqueName('broken')
    await writeFile(join(bed.pipelines, `${name}.yaml`), `name: ${name}\nsource: [1\n`)
    const failure = await failingRun(name, { code: 'PIPELINE_INVALID', exitCode: 2 })
    assert.match(failure.message, new RegExp(`${name}\\.yaml:\\d+:\\d+`))
  })

  it('says which fields of a pipeline file are wrong', async () => {
    const name = uniqueName('wrong')
    await bed.writeFlights({ name, columns: { delay: 'intger' }, limits: { attempts: 0 } })
    const failure = await failingRun(name, {
      code: 'PIPELINE_INVALID',
      exitCode: 2,
      furtherLines: 2,
    })
    assert.match(failure.message, /columns\.delay/)
    assert.match(failure.message, /limits\.attempts/)
  })

  it('says that a partition is none', async () => {
    const name = uniqueName('known')
    await bed.writeFlights({ name })
    const failure = await failingRun(
      name,
      { code: 'PARTITION_INVALID', exitCode: 2 },
      { partition: '2001-13' },
    )
    assert.match(failure.message, /2001-13/)
  })

  it('says that an option is missing', async () => {
    const { exitCode, stdout, stderr } = await bed.cli(['run', 'flights'])
    assert.equal(exitCode, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /--partition/)
  })

  it('says that no servers run', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'claimcheck-test-nothing-'))
    try {
      await failingRun(
        'flights',
        { code: 'SERVERS_UNREACHABLE', exitCode: 5 },
        {
          environment: {
            CLAIMCHECK_DIRECTORY: directory,
            TEMPORAL_ADDRESS: '',
            CLAIMCHECK_STORE_ENDPOINT: '',
            CLAIMCHECK_STORE_BUCKET: '',
            CLAIMCHECK_STORE_ACCESS_KEY_ID: '',
            CLAIMCHECK_STORE_SECRET_ACCESS_KEY: '',
            CLAIMCHECK_DATABASE_URL: '',
          },
        },
      )
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('says that Temporal is down', async () => {
    const failure = await failingRun(
      'flights',
      { code: 'TEMPORAL_UNREACHABLE', exitCode: 5 },
      { environment: { TEMPORAL_ADDRESS: '127.0.0.1:9' } },
    )
    assert.match(failure.message, /127\.0\.0\.1:9/)
  })

  it('says that a setting is wrong, and not what it is', async () => {
    const failure = await failingRun(
      'flights',
      { code: 'STACK_SETTING_INVALID', exitCode: 2 },
      { environment: { CLAIMCHECK_DATABASE_URL: 'mysql://user:hunter2@host/db' } },
    )
    assert.match(failure.message, /CLAIMCHECK_DATABASE_URL/)
    assert.ok(!failure.message.includes('hunter2'))
  })
})
