import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import {
  ClaimCheckCodec,
  createClaims,
  digestOf,
  MemoryObjectStore,
  parseBlobClaim,
  parseClaim,
  parseClaimPayload,
  parseKeys,
  type EncryptionKeys,
} from '../../../codec/index.ts'
import { formatBlobClaim } from '../../../codec/blob-claim.ts'
import { SealingKeys } from '../../../codec/sealing-keys.ts'
import { open, seal } from './sealing-samples.ts'
import { deserializePayload, serializePayload } from '../../../codec/payload-bytes.ts'

const { Payload: PayloadProto } = proto.temporal.api.common.v1

describe('FORMAT.md', () => {
  it('shows a claim that is read as it says', async () => {
    const [text] = await examples('json claim')
    assert.ok(text)
    const claim = parseBlobClaim(Buffer.from(text))
    assert.deepEqual(JSON.parse(Buffer.from(formatBlobClaim(claim)).toString()), JSON.parse(text))
  })

  it('shows plain bytes as they are made', async () => {
    const [plain] = await hexExamples('hex plain')
    assert.ok(plain)
    assert.deepEqual(serialized('hello'), plain)
  })

  it('shows envelopes that open', async () => {
    const envelopes = await hexExamples('hex envelope')
    const values = ['hello', 'na'.repeat(40), 'hello']
    assert.equal(envelopes.length, values.length)
    for (const [index, envelope] of envelopes.entries()) {
      const plain = serialized(values[index])
      const opened = await open(envelope, { maxPlainBytes: plain.byteLength })
      assert.deepEqual(Buffer.from(opened), plain)
      assert.deepEqual(toJson(deserializePayload(opened)), toJson(jsonPayload(values[index])))
    }
  })

  it('shows an uncompressed envelope byte for byte as it is made', async () => {
    // The compressed one may differ with the version of zstd.
    const [envelope] = await hexExamples('hex envelope')
    assert.deepEqual(Buffer.from(await seal(serialized('hello'))), envelope)
  })

  it('shows an encrypted envelope that opens, and the digest of what is in it', async () => {
    const [envelope] = await hexExamples('hex encrypted')
    assert.ok(envelope)
    const sealing = new SealingKeys(await keys(), 'prod/eu')
    assert.deepEqual(Buffer.from(await open(envelope, { keys: sealing })), serialized('hello'))
    const digest = await digestOf(serialized('hello'), await sealing.current())
    assert.ok((await page()).includes(digest))
  })

  it('shows the claim of a value that is read as it says', async () => {
    const [text] = await examples('json value')
    assert.ok(text)
    const { claim, namespace } = parseClaim(JSON.parse(text))
    assert.deepEqual([claim, namespace], [JSON.parse(text), 'prod/eu'])
  })

  it('shows the claim of the envelope it shows', async () => {
    const [text] = await examples('json claim')
    const [, envelope] = await hexExamples('hex envelope')
    assert.ok(text !== undefined && envelope !== undefined)
    const claim = parseBlobClaim(Buffer.from(text))
    assert.equal(envelope.byteLength, claim.storedBytes)
    const store = new MemoryObjectStore()
    await store.put(claim.key, envelope, { contentType: 'x/y' })
    const codec = new ClaimCheckCodec({ store, namespace: 'prod/eu' })
    const encoding = Buffer.from('json/claimcheck-v1')
    const decoded = await codec.decode([{ metadata: { encoding }, data: Buffer.from(text) }])
    assert.deepEqual(decoded.map(toJson), [toJson(jsonPayload('na'.repeat(40)))])
  })
})

describe('fixtures of version 1', () => {
  for (const name of ['zstd', 'none']) {
    it(`${name} decodes`, async () => {
      assert.deepEqual(await decodedBlob('v1', name), await expected('v1', name))
    })
  }
})

describe('fixtures of version 2', () => {
  for (const name of ['one-frame', 'three-frames', 'encrypted', 'encrypted-before']) {
    it(`${name} decodes`, async () => {
      assert.deepEqual(await decodedBlob('v2', name), await expected('v2', name))
    })
  }

  for (const name of ['inline', 'inline-encrypted']) {
    it(`${name} decodes`, async () => {
      const codec = codecOf(new MemoryObjectStore(), await keys())
      const payload = fromJson(await fixture('v2', `${name}.payload.json`))
      const decoded = await codec.decode([payload])
      assert.deepEqual(decoded.map(toJson), [await expected('v2', name)])
    })
  }

  for (const name of ['rows', 'rows-encrypted']) {
    it(`${name} is fetched`, async () => {
      const { claim } = parseClaim(
        JSON.parse((await fixture('v2', `${name}.value-claim.json`)).toString()),
      )
      const store = new MemoryObjectStore()
      await store.put(claim.key, await fixture('v2', `${name}.blob.bin`), { contentType: 'x/y' })
      const claims = createClaims({ store, namespace: 'prod/eu', encryption: await keys() })
      assert.deepEqual(await claims.fetchValue(claim), await expected('v2', name))
    })
  }
})

async function decodedBlob(version: string, name: string): Promise<unknown> {
  const claim = fromJson(await fixture(version, `${name}.claim.json`))
  const store = new MemoryObjectStore()
  const blob = await fixture(version, `${name}.blob.bin`)
  await store.put(parseClaimPayload(claim).key, blob, { contentType: 'x/y' })
  const [payload] = await codecOf(store, await keys()).decode([claim])
  const json = toJson(payload ?? {})
  if ((payload?.data?.byteLength ?? 0) < 100_000) return json
  return {
    metadata: json['metadata'],
    dataBytes: payload?.data?.byteLength,
    dataSha256: await digestOf(payload?.data ?? new Uint8Array()),
  }
}

async function expected(version: string, name: string): Promise<unknown> {
  return JSON.parse((await fixture(version, `${name}.expected.json`)).toString())
}

function codecOf(store: MemoryObjectStore, encryption: EncryptionKeys): ClaimCheckCodec {
  return new ClaimCheckCodec({ store, namespace: 'prod/eu', encryption })
}

async function keys(): Promise<EncryptionKeys> {
  return parseKeys((await fixture('v2', 'keys.txt')).toString())
}

async function fixture(version: string, name: string): Promise<Buffer> {
  return readFile(new URL(`../../fixtures/${version}/${name}`, import.meta.url))
}

/** The fenced blocks of the page that are marked with `kind`. */
async function examples(kind: string): Promise<string[]> {
  const blocks = (await page()).matchAll(/^```([^\n]+)\n(.*?)^```$/gms)
  return Array.from(blocks).flatMap(([, mark, text]) => (mark === kind ? [text ?? ''] : []))
}

async function page(): Promise<string> {
  return readFile(new URL('../../../codec/FORMAT.md', import.meta.url), 'utf8')
}

async function hexExamples(kind: string): Promise<Buffer[]> {
  return (await examples(kind)).map((text) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
}

function serialized(value: unknown): Buffer {
  return Buffer.concat(serializePayload(jsonPayload(value)))
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

function toJson(payload: Payload): { readonly [name: string]: unknown } {
  return PayloadProto.fromObject(payload).toJSON()
}
