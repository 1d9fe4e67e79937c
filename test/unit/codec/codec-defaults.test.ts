import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import { ClaimCheckCodec, isClaimPayload } from '../../../codec/index.ts'
import { payloadOf } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

describe('codec: where nothing else is said', () => {
  const codecWith = (store: WatchedStore): ClaimCheckCodec =>
    new ClaimCheckCodec({ store, namespace: 'default' })

  it('parks what is over 128 KiB, metadata included', async () => {
    const codec = codecWith(new WatchedStore())
    const metadataBytes = 'encoding'.length + 'binary/plain'.length
    const fitting = payloadOf(randomBytes(128 * 1024 - metadataBytes))
    const larger = payloadOf(randomBytes(128 * 1024 - metadataBytes + 1))
    const encoded = await codec.encode([fitting, larger])
    assert.deepEqual(encoded.map(isClaimPayload), [false, true])
  })

  it('compresses from 4 KiB on what stays', async () => {
    const codec = codecWith(new WatchedStore())
    const readable = payloadOf(Buffer.alloc(4096 - 21, 'x'))
    const compressed = payloadOf(Buffer.alloc(4096 - 20, 'x'))
    const [left, sealed] = await codec.encode([readable, compressed])
    assert.equal(left, readable)
    assert.equal(
      Buffer.from(sealed?.metadata?.['encoding'] ?? []).toString(),
      'binary/claimcheck-v1',
    )
  })

  it('has 16 blobs on their way at once', async () => {
    const { promise: sixteen, resolve } = Promise.withResolvers<void>()
    const store = new WatchedStore()
    const waiting = new Proxy(store, {
      get: (target, name) =>
        name === 'putIfAbsent'
          ? async (...inputs: Parameters<WatchedStore['putIfAbsent']>) => {
              arrived += 1
              if (arrived === 16) resolve()
              await sixteen
              return target.putIfAbsent(...inputs)
            }
          : Reflect.get(target, name, target),
    })
    let arrived = 0
    await codecWith(waiting).encode(
      Array.from({ length: 40 }, () => payloadOf(randomBytes(131_073))),
    )
    assert.ok(store.mostAtOnce <= 16)
  })

  it('follows no claim of more than 1 GiB', async () => {
    const codec = codecWith(new WatchedStore())
    const [claim] = await codec.encode([payloadOf(randomBytes(200_000))])
    assert.ok(claim)
    const text = Buffer.from(claim.data ?? []).toString()
    const ofSize = (sizeBytes: number): Payload => ({
      ...claim,
      data: Buffer.from(text.replace(/"sizeBytes":\d+/, `"sizeBytes":${sizeBytes}`)),
    })
    await assert.rejects(codec.decode([ofSize(1024 ** 3 + 1)]), { code: 'PAYLOAD_TOO_LARGE' })
    await assert.rejects(codec.decode([ofSize(1024 ** 3)]), { code: 'BLOB_DAMAGED' })
  })
})
