import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { asBrowser, createPageApp } from '../support/page-app.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories, historyText } from '../support/run-histories.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import type { CliOutcome } from '../support/run-cli.ts'
import type { WorkerProcess } from '../support/worker-process.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01T06'

describe('credentials', () => {
  const duck = useDuckDb()
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed()
  })
  after(() => bed?.close())

  /** Runs a load on a worker of these settings; both are gone afterwards. */
  async function runWith(
    environment: NodeJS.ProcessEnv,
    pipeline: string,
  ): Promise<{ readonly outcome: CliOutcome; readonly log: string }> {
    const overrides = { ...environment, CLAIMCHECK_TASK_QUEUE: uniqueName('credentials') }
    const worker: WorkerProcess = await bed.startWorker(overrides)
    const args = ['run', pipeline, '--partition', partition, '--wait', '--json']
    const outcome = await bed.cli(args, overrides)
    await worker.stop()
    return { outcome, log: worker.log() }
  }

  it('that the database refuses are not shown', async () => {
    const name = uniqueName('refused')
    await bed.writeFlights({ name })
    const { username } = new URL(bed.database.url)
    const { outcome, log } = await runWith(
      { CLAIMCHECK_DATABASE_URL: bed.database.urlAs(username, 'wrong-password') },
      name,
    )
    const failure = assertFailure(outcome, { code: 'TARGET_DENIED', exitCode: 1 })
    assert.match(failure.message, new RegExp(`"${username}"`))
    assert.ok(!`${outcome.stdout}${outcome.stderr}${log}`.includes('wrong-password'))
  })

  it('that the store refuses are not shown', async () => {
    const name = uniqueName('refused')
    await bed.writeFlights({ name })
    const environment = { CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'wrong-secret' }
    const { outcome, log } = await runWith(environment, name)
    const failure = assertFailure(outcome, { code: 'STORE_DENIED', exitCode: 1 })
    assert.match(failure.message, /bucket=/)
    assert.ok(!`${outcome.stdout}${outcome.stderr}${log}`.includes('wrong-secret'))
  })

  it('that work are in no history, log, output, page or object', async () => {
    const secret = 'sesame-7f3a9c'
    const good = uniqueName('secret')
    const bad = uniqueName('secret')
    const headers = { 'x-api-key': '${SAMPLE_KEY}' }
    const url = '${SAMPLE_SOURCE_URL}/nothing/${SAMPLE_KEY}?token=${SAMPLE_KEY}'
    await bed.writeFlights({ name: good, headers })
    await bed.writeFlights({ name: bad, headers, url, limits: { attempts: 2 } })
    const environment = { SAMPLE_KEY: secret, CLAIMCHECK_LOG_LEVEL: 'trace' }
    const texts: string[] = []
    const { duckDb } = duck
    const services = {
      client: async () => bed.client,
      store: bed.store,
      duckDb: async () => duckDb,
    }
    const { app } = createPageApp({ directory: bed.pipelines, services })
    for (const name of [good, bad]) {
      const { outcome, log } = await runWith(environment, name)
      assert.equal(outcome.exitCode, name === good ? 0 : 1, outcome.stderr)
      const workflowId = `etl/${name}/${partition}`
      const { runId, memo } = await bed.client.workflow.getHandle(workflowId).describe()
      const histories = await chainOfHistories(bed.client, workflowId, runId)
      texts.push(outcome.stdout, outcome.stderr, log, JSON.stringify(memo), historyText(histories))
      const shown = await bed.cli(['runs', 'show', workflowId, '--json'])
      assert.equal(shown.exitCode, 0, shown.stderr)
      texts.push(shown.stdout)
      const paths = [`/runs/${encodeURIComponent(workflowId)}`, `/datasets/${name}/${partition}`]
      for (const path of [...paths, ...paths.map((page) => `${page}.json`), '/pipelines.json']) {
        const answer = await app.request(path, { headers: asBrowser })
        assert.equal(answer.status, 200, path)
        texts.push(await answer.text())
      }
      for (const prefix of ['datasets/', 'landing/']) {
        for await (const { key } of bed.store.list(`${prefix}${name}/`)) {
          texts.push(key, JSON.stringify((await bed.store.head(key))?.metadata))
          texts.push(Buffer.from(await bed.store.get(key)).toString('latin1'))
        }
      }
    }
    const text = texts.join('\n')
    assert.ok(text.includes('${SAMPLE_KEY}'), 'the reference itself is there')
    const { password } = new URL(bed.database.url)
    const storeSecret = process.env['CLAIMCHECK_STORE_SECRET_ACCESS_KEY'] ?? ''
    for (const hidden of [secret, password, storeSecret]) {
      assert.notEqual(hidden, '')
      assert.ok(!text.includes(hidden), 'a secret came out')
    }
  })

  it('for the store are checked by `doctor` too', async () => {
    const outcome = await bed.cli(['doctor'], {
      CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'wrong-secret',
    })
    assert.equal(outcome.exitCode, 1)
    assert.match(outcome.stdout, /failed\tS3 store\tSTORE_DENIED/)
    assert.ok(!outcome.stdout.includes('wrong-secret'))
  })
})
