import assert from 'node:assert/strict'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { openTestSource, temporaryDirectory } from './open-test-source.ts'
import { readPage } from './read-pages.ts'

const MAIN = fileURLToPath(new URL('../../../infra/sample-source/main.ts', import.meta.url))
const PATH = '/flights?day=2001-01-02&per_page=100'

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly url: string
}

async function start(...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, ...args])
  for await (const line of createInterface(child.stdout)) {
    return { child, url: z.object({ url: z.url() }).parse(JSON.parse(line)).url }
  }
  throw new Error('the process has ended without a word')
}

async function ended({ child }: Started): Promise<unknown> {
  if (child.exitCode !== null) return child.exitCode
  return (await once(child, 'exit'))[0]
}

test('two processes share a folder that neither has rendered', async () => {
  const directory = await temporaryDirectory()
  const started = await Promise.all([
    start('--directory', directory),
    start('--directory', directory),
  ])
  const [one, other] = await Promise.all(started.map(({ url }) => readPage(`${url}${PATH}`)))
  assert.equal(one?.data.length, 100)
  assert.deepEqual(one, other)
  for (const { child } of started) child.kill('SIGTERM')
  assert.deepEqual(await Promise.all(started.map(ended)), [0, 0])

  const [folder = ''] = await readdir(directory)
  const names = await readdir(join(directory, folder))
  assert.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    [],
  )
  const file = join(directory, folder, 'flights-2001-01.ndjson')
  const { mtimeMs } = await stat(file)
  assert.deepEqual(await readPage(`${(await openTestSource(directory)).url}${PATH}`), one)
  assert.equal((await stat(file)).mtimeMs, mtimeMs, 'the rendered file was used again')

  await truncate(file, 1_000)
  assert.deepEqual(await readPage(`${(await openTestSource(directory)).url}${PATH}`), one)
  assert.ok((await stat(file)).mtimeMs > mtimeMs, 'the damaged file was rendered again')
})

test('an attached process ends with its stdin', async () => {
  const started = await start('--directory', await temporaryDirectory(), '--attached')
  assert.equal((await fetch(`${started.url}/-/health`)).status, 200)
  started.child.stdin.end()
  assert.equal(await ended(started), 0)
})

test('SIGINT ends the process while it stalls', async () => {
  const started = await start('--directory', await temporaryDirectory())
  const body = JSON.stringify({ rules: [{ kind: 'stall', afterBytes: 10 }] })
  await fetch(`${started.url}/-/faults`, { method: 'PUT', body })
  const response = await fetch(`${started.url}/airports.csv`)
  const text = response.text()
  started.child.kill('SIGINT')
  await assert.rejects(text)
  assert.equal(await ended(started), 0)
})

test('wrong arguments are a usage error', async () => {
  for (const args of [[], ['--directory', 'd', '--port', 'x']]) {
    const child = spawn(process.execPath, [MAIN, ...args])
    assert.deepEqual((await once(child, 'exit'))[0], 2)
  }
})
