/** What runs in the empty project of the package test, beside the examples of `docs/library.md`. */
export const packageScripts: Readonly<Record<string, string>> = {
  // Temporal's own types want it and do not bring it.
  'ms.d.ts': `declare module 'ms' { export type StringValue = string }`,

  'wrong.ts': `
import { createDataConverter } from 'claimcheck/codec'
// @ts-expect-error the types are there, and know that a store is missing
createDataConverter({ namespace: 'default' })
`,

  'row-client.ts': `
import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { namespace } from './data-converter.ts'
import { dataConverter } from './encrypted-data-converter.ts'
import { sumAndCount } from './row-workflows.ts'

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS! })
const client = new Client({ connection, namespace, dataConverter })
const workflowId = 'rows-' + randomUUID()
const options = { taskQueue: 'rows', workflowId, args: [100_000] as [number] }
console.log(JSON.stringify({ workflowId, ...(await client.workflow.execute(sumAndCount, options)) }))
await connection.close()
`,

  'read-only.ts': `
import assert from 'node:assert/strict'
import type { Payload } from '@temporalio/common'
import { isClaimPayload } from 'claimcheck/codec'
import { dataConverter as writing } from './data-converter.ts'
import { dataConverter as reading } from './read-only-data-converter.ts'

const context = { type: 'workflow', namespace: 'default', workflowId: 'read-only' } as const
const [writer] = writing.payloadCodecs ?? []
const [reader] = reading.payloadCodecs ?? []
assert.ok(writer && reader)
const raw: Payload = {
  metadata: { encoding: Buffer.from('binary/plain') },
  data: Buffer.alloc(2_000_000, 'x'),
}
const [claim] = await writer.encode([raw], context)
assert.ok(claim)
const [back] = await reader.decode([claim, raw], context)
const [left] = await reader.encode([raw], context)
console.log(JSON.stringify({
  isClaim: isClaimPayload(claim),
  isReadBack: Buffer.from(raw.data!).equals(back!.data!),
  isUntouched: left === raw,
}))
`,

  'common.cjs': `
const { MemoryObjectStore, createDataConverter } = require('claimcheck/codec')
const { payloadCodecs } = createDataConverter({ store: new MemoryObjectStore(), namespace: 'default' })
console.log(JSON.stringify({ codecs: payloadCodecs.length }))
`,

  // External Storage as someone has it: a folder.
  'drivers.ts': `
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { StorageDriverClaim, type StorageDriver } from '@temporalio/common'
import proto from '@temporalio/proto'

const { Payload } = proto.temporal.api.common.v1
const folder: StorageDriver = {
  name: 'folder',
  type: 'test.folder',
  store: async (_, payloads) => Promise.all(payloads.map(async (payload) => {
    const file = 'external/' + randomUUID()
    await mkdir('external', { recursive: true })
    await writeFile(file, Payload.encode(payload).finish())
    return new StorageDriverClaim({ file })
  })),
  retrieve: async (_, claims) => Promise.all(claims.map(async ({ claimData }) =>
    Payload.decode(await readFile(claimData['file']!)))),
}
export const drivers = [folder]
`,

  'two-storages-worker.ts': `
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { namespace } from './data-converter.ts'
import { dataConverter } from './two-storages-data-converter.ts'

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS! }),
  namespace,
  taskQueue: 'two-storages',
  workflowsPath: fileURLToPath(import.meta.resolve('./workflows.ts')),
  dataConverter,
})
await worker.run()
`,

  'two-storages-client.ts': `
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { ExternalStorage, type DataConverter } from '@temporalio/common'
import { namespace } from './data-converter.ts'
import { drivers } from './drivers.ts'
import { dataConverter } from './two-storages-data-converter.ts'
import { countWords } from './workflows.ts'

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS! })
async function count(dataConverter: DataConverter) {
  const client = new Client({ connection, namespace, dataConverter })
  const workflowId = 'two-storages-' + randomUUID()
  const options = { taskQueue: 'two-storages', workflowId }
  const words = await client.workflow.execute(countWords, { ...options, args: ['word '.repeat(200_000)] })
  return { workflowId, words, external: (await readdir('external')).length }
}
const before = await count({ externalStorage: new ExternalStorage({ drivers }) })
console.log(JSON.stringify([before, await count(dataConverter)]))
await connection.close()
`,
}
