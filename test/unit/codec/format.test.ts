import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import {
  ClaimCheckCodec,
  MemoryObjectStore,
  openEnvelope,
  parseClaim,
  parseClaimPayload,
} from '../../../codec/index.ts'
import { formatClaim } from '../../../codec/claim.ts'
import { sealEnvelope } from '../../../codec/envelope.ts'
import { deserializePayload, serializePayload } from '../../../codec/payload-bytes.ts'

const { Payload: PayloadProto } = proto.temporal.api.common.v1
const place = { bucket: 'b', key: 'k' }

describe('FORMAT.md', () => {
  it('shows a claim that is read as it says', async () => {
    const [text] = await examples('json claim')
    assert.ok(text)
    const claim = parseClaim(Buffer.from(text))
    assert.deepEqual(JSON.parse(Buffer.from(formatClaim(claim)).toString()), JSON.parse(text))
  })

  it('shows plain bytes as they are made', async () => {
    const [plain] = await hexExamples('hex plain')
    assert.ok(plain)
    assert.deepEqual(Buffer.from(serializePayload(jsonPayload('hello'))), plain)
  })

  it('shows envelopes that open', async () => {
    const envelopes = await hexExamples('hex envelope')
    const values = ['hello', 'na'.repeat(40)]
    assert.equal(envelopes.length, values.length)
    for (const [index, envelope] of envelopes.entries()) {
      const plain = serializePayload(jsonPayload(values[index]))
      const opened = await openEnvelope(envelope, { maxPlainBytes: plain.byteLength, at: place })
      assert.deepEqual(Buffer.from(opened), Buffer.from(plain))
      assert.deepEqual(toJson(deserializePayload(opened)), toJson(jsonPayload(values[index])))
    }
  })

  it('shows an uncompressed envelope byte for byte as it is made', async () => {
    // The compressed one may differ with the version of zstd.
    const [envelope] = await hexExamples('hex envelope')
    assert.deepEqual(
      Buffer.from(await sealEnvelope(serializePayload(jsonPayload('hello')))),
      envelope,
    )
  })

  it('shows the claim of the envelope it shows', async () => {
    const [text] = await examples('json claim')
    const [, envelope] = await hexExamples('hex envelope')
    assert.ok(text !== undefined && envelope !== undefined)
    const claim = parseClaim(Buffer.from(text))
    assert.equal(envelope.byteLength, claim.storedBytes)
    const store = new MemoryObjectStore()
    await store.put(claim.key, envelope, { contentType: 'x/y' })
    const codec = new ClaimCheckCodec({ store, namespace: 'any' })
    const encoding = Buffer.from('json/claimcheck-v1')
    const decoded = await codec.decode([{ metadata: { encoding }, data: Buffer.from(text) }])
    assert.deepEqual(decoded.map(toJson), [toJson(jsonPayload('na'.repeat(40)))])
  })
})

describe('fixtures of version 1', () => {
  for (const name of ['zstd', 'none']) {
    it(`${name} decodes`, async () => {
      const claim = fromJson(await fixture(`${name}.claim.json`))
      const store = new MemoryObjectStore()
      const blob = await fixture(`${name}.blob.bin`)
      await store.put(parseClaimPayload(claim).key, blob, { contentType: 'x/y' })
      const codec = new ClaimCheckCodec({ store, namespace: 'another' })
      const decoded = await codec.decode([claim])
      const expected: unknown = JSON.parse((await fixture(`${name}.expected.json`)).toString())
      assert.deepEqual(decoded.map(toJson), [expected])
    })
  }
})

async function fixture(name: string): Promise<Buffer> {
  return readFile(new URL(`../../fixtures/v1/${name}`, import.meta.url))
}

/** The fenced blocks of the page that are marked with `kind`. */
async function examples(kind: string): Promise<string[]> {
  const page = await readFile(new URL('../../../codec/FORMAT.md', import.meta.url), 'utf8')
  const blocks = page.matchAll(/^```([^\n]+)\n(.*?)^```$/gms)
  return Array.from(blocks).flatMap(([, mark, text]) => (mark === kind ? [text ?? ''] : []))
}

async function hexExamples(kind: string): Promise<Buffer[]> {
  return (await examples(kind)).map((text) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
}

function jsonPayload(value: unknown): Payload {
  return {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(value)),
  }
}

function fromJson(bytes: Buffer): Payload {
  const value: unknown = JSON.parse(bytes.toString())
  assert.ok(typeof value === 'object' && value !== null)
  return PayloadProto.fromObject(value)
}

function toJson(payload: Payload): unknown {
  return PayloadProto.fromObject(payload).toJSON()
}
