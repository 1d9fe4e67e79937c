import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(import.meta.resolve('../external-storage/'))
const stamp = join(folder, 'node_modules', '.claimcheck-digest')

/** Installs the packages of Temporal's External Storage where they are not yet; gives its worker's script. */
export function installPeer(say: (text: string) => void): string {
  const lockfile = readFileSync(join(folder, 'package-lock.json'))
  const wanted = createHash('sha256').update(lockfile).digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    say("installing Temporal's External Storage into test/bench/external-storage")
    // npm does not run on the Node that npm scripts find first.
    const ours = fileURLToPath(import.meta.resolve('../../../node_modules/.bin'))
    const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== ours)
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: path.join(delimiter) },
    })
    writeFileSync(stamp, wanted)
  }
  return join(folder, 'peer-worker.mjs')
}
