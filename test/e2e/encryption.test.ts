import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories, payloadsOf } from '../support/run-histories.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01T06'
/** What the codec writes; the server and the SDK write empty ones beside. */
const sealedEncodings = ['binary/claimcheck-v1', 'json/claimcheck-v1', 'binary/null']

describe('a load with encryption keys', () => {
  let bed: LoadBed
  before(async () => {
    const key = randomBytes(32).toString('base64')
    bed = await openLoadBed({ CLAIMCHECK_ENCRYPTION_KEYS: `main:${key}` })
    await bed.startWorker()
  })
  after(() => bed?.close())

  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])

  it('leaves nothing of it to read in the histories', async () => {
    const name = uniqueName('sealed')
    await bed.writeFlights({ name })
    const { workflowId, runId, rows } = runSummary(await run(name))
    assert.ok(rows > 0)
    const histories = await chainOfHistories(bed.client, workflowId, runId)
    const payloads = histories.flatMap((history) => payloadsOf(history))
    assert.ok(payloads.length > 5)
    // Temporal itself has to read what it finds runs by: what stands in the workflow's id too.
    const [searched, sealed] = [true, false].map((isIndexed) =>
      payloads.filter(({ metadata }) => (metadata?.['type'] !== undefined) === isIndexed),
    )
    const values = searched?.map(({ data }): unknown => JSON.parse(String(data)))
    assert.deepEqual(new Set(values), new Set([name, partition]))
    const encodings = (sealed ?? []).map(({ metadata }) =>
      Buffer.from(metadata?.['encoding'] ?? []),
    )
    for (const encoding of encodings)
      assert.ok(sealedEncodings.includes(String(encoding)), String(encoding))
    const text = histories.map((history) => JSON.stringify(history)).join()
    assert.doesNotMatch(text, /departed_at/)
  })

  it('leaves nothing of its failure either, and tells it to those who have the keys', async () => {
    const name = uniqueName('sealed')
    // The discard port: nobody listens there.
    await bed.writeFlights({ name, limits: { attempts: 1 }, url: 'http://127.0.0.1:9/flights' })
    const failure = assertFailure(await run(name), { code: 'SOURCE_UNREACHABLE', exitCode: 5 })
    const histories = await failedHistories(name)
    assert.ok(
      histories.includes('SOURCE_UNREACHABLE'),
      'the code, which is the type of the failure',
    )
    assert.ok(!histories.includes(failure.message), 'the message')
    assert.ok(!histories.includes('activities/'), 'the stack')
  })

  async function failedHistories(pipeline: string): Promise<string> {
    for await (const { workflowId, runId } of bed.client.workflow.list()) {
      if (!workflowId.includes(pipeline)) continue
      return JSON.stringify(await chainOfHistories(bed.client, workflowId, runId))
    }
    return assert.fail('there is no such run')
  }
})
