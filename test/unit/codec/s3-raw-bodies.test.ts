import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { refuse, startFakeS3, type SeenRequest } from './fake-s3-server.ts'
import { StoredObjects } from './stored-objects.ts'

const PART_BYTES = 1000
const options = { contentType: 'text/plain', metadata: { note: 'a b' } }
const key = 'folder/object' as ObjectKey
const path = '/bucket/folder/object'

type Write = (store: ObjectStore, body: Buffer) => Promise<unknown>

const writes: Readonly<Record<string, Write>> = {
  put: async (store, body) => store.put(key, body, options),
  putIfAbsent: async (store, body) => store.putIfAbsent(key, body, options),
  putStream: async (store, body) => store.putStream(key, inPieces(body), options),
}

const sizes: Readonly<Record<string, number>> = {
  'an empty body': 0,
  'twelve bytes': 12,
  'a part less one byte': PART_BYTES - 1,
  'exactly a part': PART_BYTES,
  'a part and one byte': PART_BYTES + 1,
  'exactly two parts': 2 * PART_BYTES,
  'seven parts and a bit': 7 * PART_BYTES + 77,
}

for (const [how, write] of Object.entries(writes)) {
  describe(`a store that keeps raw bodies, written to by ${how}`, () => {
    for (const [what, sizeBytes] of Object.entries(sizes)) {
      it(`keeps ${what} as sent: no framing, no trailer, no newer checksum`, async () => {
        const objects = new StoredObjects()
        await using fake = await startFakeS3(
          (request, response) => {
            // As R2, B2 and older Ceph do.
            if (isNewerThanMost(request)) refuse(response, 501, 'NotImplemented')
            else objects.answer(request, response)
          },
          { partBytes: PART_BYTES },
        )
        const body = randomBytes(sizeBytes)
        await write(fake.store, body)
        assert.ok(body.equals(objects.bodies.get(path) ?? Buffer.of(0)))
        assert.ok(body.equals(await fake.store.get(key)))
        for (const request of fake.seen) assertPlain(request)
      })
    }
  })
}

describe('a stream of no bytes', () => {
  it('is one plain write of an empty object, no upload without parts', async () => {
    const objects = new StoredObjects()
    await using fake = await startFakeS3((request, response) => objects.answer(request, response))
    const written = await fake.store.putStream(key, Readable.from([]), options)
    assert.deepEqual(written, { sizeBytes: 0 })
    const puts = fake.seen.filter(({ method }) => method !== 'HEAD')
    assert.deepEqual(
      puts.map(({ method, headers }) => [method, headers['content-length']]),
      [['PUT', '0']],
    )
  })
})

describe('a store that keeps other bytes than it was sent', () => {
  const long = 3 * PART_BYTES
  const checked: readonly (readonly [string, Write, number])[] = [
    ['a short stream', writes['putStream'] ?? assert.fail(), 12],
    ['an empty stream', writes['putStream'] ?? assert.fail(), 0],
    ['a stream in parts', writes['putStream'] ?? assert.fail(), long],
    ['bytes in parts', writes['put'] ?? assert.fail(), long],
    ['bytes in parts, if absent', writes['putIfAbsent'] ?? assert.fail(), long],
  ]
  for (const [what, write, sizeBytes] of checked) {
    it(`fails the write of ${what}`, async () => {
      const objects = new StoredObjects()
      await using fake = await startFakeS3(
        (request, response) => {
          objects.answer({ ...request, body: framed(request) }, response)
        },
        { partBytes: PART_BYTES },
      )
      await assert.rejects(write(fake.store, randomBytes(sizeBytes)), {
        code: 'STORE_FAILED',
        retryable: false,
        message: new RegExp(`keeps \\d+ bytes of the ${sizeBytes} it was sent`),
      })
    })
  }
})

/** As a store does that does not take the framing of `aws-chunked` off. */
function framed({ method, body }: SeenRequest): Buffer {
  if (method !== 'PUT') return body
  const size = body.byteLength.toString(16)
  return Buffer.concat([
    Buffer.from(`${size}\r\n`),
    body,
    Buffer.from('\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
  ])
}

function isNewerThanMost({ headers }: SeenRequest): boolean {
  return Object.keys(headers).some((name) => /^x-amz-(checksum-|sdk-checksum-|trailer)/.test(name))
}

function assertPlain({ method, headers, body }: SeenRequest): void {
  assert.equal(headers['content-encoding'], undefined)
  assert.equal(headers['x-amz-decoded-content-length'], undefined)
  assert.equal(headers['transfer-encoding'], undefined)
  assert.equal(headers['trailer'], undefined)
  assert.doesNotMatch(String(headers['x-amz-content-sha256']), /STREAMING/)
  if (method !== 'PUT') return
  assert.equal(headers['content-length'], String(body.byteLength))
  assert.equal(headers['content-md5'], createHash('md5').update(body).digest('base64'))
}

function inPieces(body: Buffer): Readable {
  const pieces = function* (): Generator<Buffer> {
    for (let start = 0; start < body.byteLength; start += 333) {
      yield body.subarray(start, start + 333)
    }
  }
  return Readable.from(pieces())
}
