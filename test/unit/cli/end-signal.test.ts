import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const module = import.meta.resolve('../../../src/cli/end-signal.ts')
/** Is told to end, and takes its time. */
const script = `
  import { endSignal } from ${JSON.stringify(module)}
  const signal = endSignal()
  signal.addEventListener('abort', () => {
    console.log('told')
    setTimeout(() => console.log('still there'), 100)
  })
  setInterval(() => undefined, 1000)
  console.log('ready')
`

test('a process that is told to end twice at once takes its time; told once more, it ends', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]()
  const said = async (): Promise<string> => String((await lines.next()).value).trim()
  assert.equal(await said(), 'ready')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  assert.equal(await said(), 'told')
  assert.equal(await said(), 'still there')
  while (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT')
    await sleep(100)
  }
  const [, signal] = await ended
  assert.equal(signal, 'SIGINT')
})
