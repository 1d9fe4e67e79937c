import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, test, type TestContext } from 'node:test'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import {
  ClaimCheckCodec,
  isClaimPayload,
  MemoryObjectStore,
  parseClaimPayload,
  parseKeys,
  type EncryptionKeys,
} from '../../../codec/index.ts'
import { deserializePayload, serializePayload } from '../../../codec/payload-bytes.ts'
import { installPythonPackages, type Python } from '../../support/install-python-packages.ts'
import { first, payloadOf, plainly } from '../../unit/codec/codec-samples.ts'

const { Payload: PayloadProto } = proto.temporal.api.common.v1
const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url))
const keyFile = join(fixtures, 'v2', 'keys.txt')
const namespace = 'prod/eu'

/** What the reader is given: a claim or a payload as JSON, and the object of a claim. */
interface Sealed {
  readonly json: unknown
  readonly object?: Uint8Array | undefined
}

// Several readers at once: each is a process that mostly starts.
describe('the reader in Python, made from FORMAT.md alone', { concurrency: 4 }, () => {
  let python: Python | undefined
  let whyNot: unknown
  let folder: string
  let files = 0
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'claimcheck-reader-'))
    try {
      python = await installPythonPackages()
    } catch (error) {
      if (process.env['CI'] === 'true') throw error
      whyNot = error
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A test that is skipped, and says why, where Python or its packages cannot be had. */
  function itReads(name: string, body: (read: Reader) => Promise<void>): void {
    it(name, async (t: TestContext) => {
      if (python === undefined) return t.skip(`no Python packages: ${firstLine(whyNot)}`)
      await body(readerOf(python))
    })
  }

  function readerOf({ interpreter, environment }: Python): Reader {
    return async ({ json, object }) => {
      files += 1
      const file = join(folder, `${files}.json`)
      writeFileSync(file, JSON.stringify(json))
      if (object !== undefined) writeFileSync(`${file}.object`, object)
      const script = join(fixtures, 'read_claimcheck.py')
      const objects = object === undefined ? [] : [`${file}.object`]
      const child = spawn(interpreter, [script, namespace, keyFile, file, ...objects], {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const [plain, said, [exitCode]] = await Promise.all([
        buffer(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ])
      return { plain, said, exitCode }
    }
  }

  for (const path of globSync('v*/*.{claim,value-claim,payload}.json', { cwd: fixtures })) {
    const name = path.replace(/\.[a-z-]+\.json$/, '')
    itReads(`reads the fixture ${name}`, async (read) => {
      const { plain, said } = await read(fixture(path, name))
      const expected: unknown = JSON.parse(readFixture(`${name}.expected.json`).toString())
      assert.deepEqual(path.includes('value-claim') ? parse(plain) : summary(plain), expected, said)
    })
  }

  const fresh = [
    // What is shorter is not touched where nothing is encrypted.
    { how: 'plain', encryption: undefined, sizes: [5000, 1024 * 1024, 3_500_000] },
    {
      how: 'encrypted',
      encryption: parseKeys(readFileSync(keyFile, 'utf8')),
      sizes: [0, 5000, 1024 * 1024, 3_500_000],
    },
  ]
  for (const { how, encryption, sizes } of fresh) {
    for (const bytes of sizes) {
      itReads(`reads ${bytes} fresh bytes, ${how}, as the codec wrote them`, async (read) => {
        const payload = payloadOf(mixedBytes(bytes))
        const { plain, said } = await read(await encode(payload, encryption))
        assert.equal(said, '')
        assert.deepEqual(plain, Buffer.concat(serializePayload(payload)))
        assert.deepEqual(plainly(deserializePayload(plain)), plainly(payload))
      })
    }
  }

  const objects = ['v1/zstd', 'v1/none', 'v2/three-frames', 'v2/encrypted', 'v2/rows-encrypted']
  for (const name of objects) {
    itReads(`refuses ${name} with a byte flipped, missing or too many`, async (read) => {
      const kind = name.includes('rows') ? 'value-claim' : 'claim'
      const { json, object = Buffer.alloc(0) } = fixture(`${name}.${kind}.json`, name)
      const places = [0, 5, 14, Math.floor(object.byteLength / 2), object.byteLength - 1]
      const damaged = [
        ...places.map((place) => flipped(object, place)),
        object.subarray(0, -1),
        Buffer.concat([object, Buffer.from('x')]),
      ]
      for (const [index, bad] of damaged.entries()) {
        const { plain, exitCode } = await read({ json, object: bad })
        assert.equal(plain.byteLength, 0, `damage ${index}`)
        assert.notEqual(exitCode, 0, `damage ${index}`)
      }
    })
  }

  itReads('refuses a sealed payload with a flipped byte', async (read) => {
    const payload = PayloadProto.fromObject(
      JSON.parse(readFixture('v2/inline-encrypted.payload.json').toString()),
    )
    const data = flipped(payload.data, payload.data.byteLength - 20)
    const { plain, said, exitCode } = await read({
      json: toJson({ metadata: payload.metadata, data }),
    })
    assert.equal(plain.byteLength, 0)
    assert.match(said, /InvalidTag/)
    assert.notEqual(exitCode, 0)
  })

  itReads('refuses the object of another claim', async (read) => {
    const { json } = fixture('v2/one-frame.claim.json', 'v2/one-frame')
    const { said, exitCode } = await read({ json, object: readFixture('v2/three-frames.blob.bin') })
    assert.match(said, /refused: length or digest/)
    assert.notEqual(exitCode, 0)
  })
})

test('the reader in Python takes at most 60 lines of code, none longer than 100 characters', () => {
  const [, ...pieces] = readFixture('read_claimcheck.py').toString().split('"""\n')
  const lines = pieces
    .join('"""\n')
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
  assert.ok(lines.length > 30 && lines.length <= 60, `${lines.length} lines of code`)
  for (const line of lines) assert.ok(line.length <= 100 && !line.includes(';'), line)
})

type Reader = (
  sealed: Sealed,
) => Promise<{ readonly plain: Buffer; readonly said: string; readonly exitCode: unknown }>

/** As the codec writes it. */
async function encode(payload: Payload, encryption?: EncryptionKeys): Promise<Sealed> {
  const store = new MemoryObjectStore()
  const codec = new ClaimCheckCodec({
    store,
    namespace,
    ...(encryption === undefined ? {} : { encryption }),
  })
  const encoded = first(await codec.encode([payload]))
  assert.notEqual(encoded, payload)
  const object = isClaimPayload(encoded)
    ? await store.get(parseClaimPayload(encoded).key)
    : undefined
  return { json: toJson(encoded), object }
}

/** A half that compresses and a half that does not, so that large ones have frames of both kinds. */
function mixedBytes(bytes: number): Buffer {
  return Buffer.concat([
    Buffer.alloc(Math.floor(bytes / 2), 'na'),
    randomBytes(Math.ceil(bytes / 2)),
  ])
}

function flipped(bytes: Uint8Array, place: number): Buffer {
  const bad = Buffer.from(bytes)
  bad.writeUInt8(bad.readUInt8(place) ^ 1, place)
  return bad
}

function fixture(path: string, name: string): Sealed {
  const json: unknown = JSON.parse(readFixture(path).toString())
  return { json, object: path.includes('claim') ? readFixture(`${name}.blob.bin`) : undefined }
}

function readFixture(path: string): Buffer {
  return readFileSync(join(fixtures, path))
}

function firstLine(error: unknown): string {
  return String(error).split('\n')[0] ?? ''
}

function parse(json: Buffer): unknown {
  return JSON.parse(json.toString())
}

/** As the fixtures say what is expected. */
function summary(plain: Buffer): unknown {
  const payload = deserializePayload(plain)
  const json = toJson(payload)
  const data = payload.data ?? new Uint8Array()
  if (data.byteLength < 100_000) return json
  const dataSha256 = createHash('sha256').update(data).digest('hex')
  return { metadata: json['metadata'], dataBytes: data.byteLength, dataSha256 }
}

function toJson(payload: Payload): { readonly [name: string]: unknown } {
  return PayloadProto.fromObject(payload).toJSON()
}
