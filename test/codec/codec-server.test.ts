import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isClaimPayload, parseKeys } from '../../codec/index.ts'
import { startWebProcess, type WebProcess } from '../support/web-process.ts'
import { createLargeActivities } from './large-activities.ts'
import { firstBlobOf, payloadsIn } from './run-observations.ts'
import { TemporalBed } from './temporal-bed.ts'
import { temporalCli } from './temporal-cli.ts'
import { threeLarge } from './temporal-workflows.ts'

const keys = `main:${randomBytes(32).toString('base64')}`
const setups = [
  { name: 'plain', environment: {}, codec: {} },
  {
    name: 'encrypted, with a token',
    environment: {
      CLAIMCHECK_ENCRYPTION_KEYS: keys,
      CLAIMCHECK_WEB_TOKEN: 'let me in',
      // A codec server is often alone on its machine.
      CLAIMCHECK_DATABASE_URL: '',
    },
    codec: { encryption: parseKeys(keys) },
  },
]

for (const { name, environment, codec } of setups) {
  describe(`codec server behind the Temporal CLI, ${name}`, () => {
    let bed: TemporalBed
    let web: WebProcess
    before(async () => {
      bed = await TemporalBed.open()
      web = await startWebProcess({ ...process.env, ...environment })
    })
    after(async () => {
      assert.equal(await web.stop(), 0)
      await bed.close()
    })

    /** Parked, sealed inline and small. */
    const texts = [randomBytes(300_000).toString('hex'), 'inline '.repeat(9000), 'small']

    function withCodec({ url } = web): string[] {
      const token =
        'CLAIMCHECK_WEB_TOKEN' in environment ? ['--codec-auth', 'Bearer let me in'] : []
      return ['--codec-endpoint', `${url}/codec`, ...token]
    }

    async function runOnce(): Promise<string> {
      const workflowId = `codec-server-${randomUUID()}`
      const worker = await bed.worker(workflowId, createLargeActivities().activities, codec)
      const args: [string, string, string] = [texts[0] ?? '', texts[1] ?? '', texts[2] ?? '']
      const start = { taskQueue: workflowId, workflowId, args }
      const result = bed.client(codec).workflow.execute(threeLarge, start)
      await worker.runUntil(result)
      return workflowId
    }

    it('`workflow show` has the real arguments and results, and claims without it', async () => {
      const workflowId = await runOnce()
      const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json'] as const
      const shown = valuesIn(JSON.parse(await temporalCli(...show, ...withCodec())))
      const results = texts.map((text) => `${text}!`)
      assert.deepEqual(shown.slice(0, 3), texts)
      assert.deepEqual(shown.at(-1), results)
      for (const result of results) assert.ok(shown.includes(result))
      const raw = await temporalCli(...show)
      for (const text of texts.slice(0, 2)) assert.ok(!raw.includes(text.slice(0, 100)))
    })

    it('`workflow start` parks a large argument', async (context) => {
      const folder = await mkdtemp(join(tmpdir(), 'claimcheck-codec-server-'))
      context.after(() => rm(folder, { recursive: true }))
      const file = join(folder, 'argument.json')
      await writeFile(file, JSON.stringify(texts[0]))
      const workflowId = `codec-server-${randomUUID()}`
      const start = ['workflow', 'start', '--type', 'lengthOf', '--workflow-id', workflowId]
      const input = ['--task-queue', workflowId, '--input-file', file]
      await temporalCli(...start, ...input, ...withCodec())
      const handle = bed.client(codec).workflow.getHandle(workflowId)
      const [argument] = payloadsIn(await handle.fetchHistory())
      assert.ok(argument !== undefined && isClaimPayload(argument))
      const worker = await bed.worker(workflowId, {}, codec)
      assert.equal(await worker.runUntil(handle.result()), texts[0]?.length)
    })

    it('a blob that is gone is named, in the history and in the log, and hides nothing', async () => {
      const workflowId = await runOnce()
      const handle = bed.client(codec).workflow.getHandle(workflowId)
      const key = await firstBlobOf(handle)
      await bed.store.delete([key])
      // Another process: this one may have it in its cache.
      const fresh = await startWebProcess({ ...process.env, ...environment })
      try {
        const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json']
        const shown = valuesIn(JSON.parse(await temporalCli(...show, ...withCodec(fresh))))
        const [lost] = shown
        assert.match(JSON.stringify(lost), /"error":"BLOB_MISSING: /)
        assert.ok(JSON.stringify(lost).includes(key))
        assert.deepEqual(shown.slice(1, 3), texts.slice(1))
        assert.ok(fresh.log().includes('"code":"BLOB_MISSING"') && fresh.log().includes(key))
      } finally {
        await fresh.stop()
      }
    })
  })
}

/** The values that stand in a history as the CLI prints it, in their order. */
function valuesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if ('metadata' in value && 'data' in value) {
    return [JSON.parse(Buffer.from(String(value.data), 'base64').toString('utf8'))]
  }
  return Object.values(value).flatMap(valuesIn)
}
