/**
 * Commands that list a bucket of many objects, each in a process of its own: its time, and the most memory
 * that it held.
 *
 *   npm run bench:objects -- [--objects N] [--json]
 *
 * Fails where a command does not list all of them, or holds 300 MiB or more.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { mainScript } from '../support/run-cli.ts'
import { startListingServer } from './listing-server.ts'
import { manyKeys } from './many-keys.ts'
import { peakRssMib } from './process-figures.ts'
import { printFigures, rounded, say } from './report.ts'

const mostMib = 300
const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
})
const objects = manyKeys(Number(values.objects))
const blobs = objects.filter(({ key }) => key.startsWith('blobs/')).length
const server = await startListingServer(objects)
const environment = {
  ...process.env,
  // Named and not asked.
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  TEMPORAL_NAMESPACE: 'default',
  CLAIMCHECK_DATABASE_URL: 'postgres://127.0.0.1:9/none',
  CLAIMCHECK_STORE_ENDPOINT: server.url,
  CLAIMCHECK_STORE_BUCKET: 'bench',
  CLAIMCHECK_STORE_ACCESS_KEY_ID: 'bench',
  CLAIMCHECK_STORE_SECRET_ACCESS_KEY: 'bench',
}
const figures: Record<string, unknown> = { objects: objects.length, blobs }
try {
  const listed = await measure('ls', ['blobs', 'ls'])
  requireCount('ls', listed.lines, blobs)
  const used = await measure('du', ['blobs', 'du', '--json'])
  requireCount('du', used.last['objects'], objects.length)
} finally {
  await server.close()
}
printFigures(figures, values.json)

async function measure(name: string, args: readonly string[]) {
  say(`claimcheck ${args.join(' ')}`)
  const beganAt = performance.now()
  const child = spawn(process.execPath, [mainScript, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let peakMib = 0
  const looking = setInterval(() => {
    if (child.pid !== undefined && child.exitCode === null) {
      peakMib = Math.max(peakMib, peakRssMib(child.pid))
    }
  }, 50)
  let lines = 0
  let rest = ''
  let last = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines += parts.length
    last = parts.at(-1) ?? last
  })
  const [exitCode] = await once(child, 'close')
  clearInterval(looking)
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}`)
  figures[name] = { seconds: rounded((performance.now() - beganAt) / 1000), peakMib }
  if (peakMib >= mostMib) throw new Error(`${name} held ${peakMib} MiB`)
  return { lines, last: last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {} }
}

function requireCount(name: string, found: unknown, expected: number): void {
  if (found !== expected) throw new Error(`${name} told of ${String(found)} of ${expected}`)
}
