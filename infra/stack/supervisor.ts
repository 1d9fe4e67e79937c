import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { databaseServer } from './database-server.ts'
import { takeDirectoryLock } from './directory-lock.ts'
import { obtainCredentials } from './stack-credentials.ts'
import { logPath, stackPaths } from './stack-paths.ts'
import { storeServer } from './store-server.ts'
import { supervise } from './supervise.ts'
import { type SupervisorMessage, toFailedMessage } from './supervisor-message.ts'
import { temporalServer } from './temporal-server.ts'

/**
 * The program that owns the servers of one stack directory. Arguments: `--lifetime`, the directory,
 * then the names of the servers to start. It tells on standard output how it goes, and logs to
 * standard error. The end of standard input means that who started it is gone: an attached stack
 * stops then; a detached one only if it is not yet ready, since nobody waits for it any more.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { lifetime: { type: 'string', default: 'attached' } },
})
const [directory = '', ...names] = positionals
const lifetime = values.lifetime === 'detached' ? 'detached' : 'attached'
const paths = stackPaths(directory)

const stop = new AbortController()
let ready = false
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new Error(`stopped by ${name}`)))
}
process.stdin.on('error', () => {})
process.stdin.on('close', () => {
  if (lifetime === 'attached' || !ready) stop.abort(new Error('stopped by the end of its parent'))
})
process.stdin.resume()
// Nobody listens when the parent is gone.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

mkdirSync(directory, { recursive: true })
const lock = takeDirectoryLock(paths.lock)
if (lock === undefined) send({ kind: 'busy' })
else {
  try {
    const credentials = obtainCredentials(paths.credentials)
    const report = (text: string) => {
      log(text)
      send({ kind: 'progress', text })
    }
    const servers = [
      temporalServer(paths.data),
      storeServer(paths.data, credentials.store),
      databaseServer(paths.data, credentials.database, report),
    ].filter(({ name }) => names.includes(name))
    const onReady = () => {
      ready = true
      send({ kind: 'ready' })
    }
    const { signal } = stop
    const reason = await supervise({ paths, lifetime, servers, signal, report, onReady })
    log(reason ?? reasonOf(stop.signal))
  } catch (error) {
    log(error instanceof Error ? (error.stack ?? error.message) : String(error))
    send(toFailedMessage(error, logPath(paths, 'supervisor')))
  }
  lock[Symbol.dispose]()
}
// A check of a server that was given up may still wait for its answer.
process.exit()

function send(message: SupervisorMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason)
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`)
}
