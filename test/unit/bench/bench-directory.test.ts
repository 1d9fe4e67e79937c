import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const module = import.meta.resolve('../../bench/bench-directory.ts')
/** What it does fails when the first of its servers, so to say, has ended. */
const script = `
  import { writeFileSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { openBenchDirectory } from ${JSON.stringify(module)}
  const { path, endBefore } = openBenchDirectory()
  const failing = Promise.withResolvers()
  const end = (name) => async () => {
    failing.reject(new Error('lost'))
    await sleep(20)
    writeFileSync(path + '/' + name, '')
    console.log(name)
  }
  endBefore(end('first'))
  endBefore(end('last'))
  setInterval(() => undefined, 1000)
  console.log('ready')
  await failing.promise
`

test('the folder of a bench goes when it is told to end by a signal, after what is in it', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'claimcheck-bench-'))
  try {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const command = ['--input-type=module', '--eval', script]
      const child = spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      const lines: string[] = []
      for await (const line of child.stdout.setEncoding('utf8')) {
        lines.push(...String(line).trim().split('\n'))
        if (lines.length !== 1) continue
        const folders = await benchFolders(cwd)
        child.kill(signal)
        assert.equal(folders.length, 1)
      }
      assert.deepEqual(lines, ['ready', 'last', 'first'])
      assert.deepEqual(await ended, [1, null])
      assert.deepEqual(await benchFolders(cwd), [])
    }
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
})

/** Node may keep what it has compiled beside them. */
async function benchFolders(cwd: string): Promise<string[]> {
  const names = await readdir(join(cwd, '.claimcheck'))
  return names.filter((name) => name.startsWith('bench-'))
}
