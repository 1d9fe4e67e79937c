import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const installer = fileURLToPath(new URL('../../infra/install.mjs', import.meta.url))

/** Addresses of servers that are never called: with them, no Python is needed. */
const given = { TEMPORAL_ADDRESS: 'given', CLAIMCHECK_STORE_ENDPOINT: 'given' }

/**
 * A checkout whose only package is a local `node`, so that the real npm installs it without a
 * registry.
 */
function smallCheckout(t: TestContext): string {
  const checkout = mkdtempSync(join(tmpdir(), 'claimcheck-install-'))
  t.after(() => rmSync(checkout, { recursive: true, force: true }))
  mkdirSync(join(checkout, 'infra'))
  for (const name of ['install.mjs', 'node-flags.mjs', 'server-requirements.txt']) {
    cpSync(join(installer, '..', name), join(checkout, 'infra', name))
  }
  const local = join(checkout, 'local-node')
  mkdirSync(local)
  symlinkSync(process.execPath, join(local, 'node'))
  writeJson(join(local, 'package.json'), { name: 'node', version: '1.0.0', bin: './node' })
  const dependencies = { node: 'file:local-node' }
  writeJson(join(checkout, 'package.json'), { name: 'small', version: '1.0.0', dependencies })
  writeJson(join(checkout, 'package-lock.json'), {
    name: 'small',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'small', version: '1.0.0', dependencies },
      'local-node': { name: 'node', version: '1.0.0', bin: { node: 'node' } },
      'node_modules/node': { resolved: 'local-node', link: true },
    },
  })
  writeFileSync(
    join(checkout, 'script.ts'),
    `const words: string[] = process.argv.slice(2)
     process.on('SIGTERM', () => process.exit(33))
     console.log(JSON.stringify(words))
     if (words[0] === 'wait') setInterval(() => {}, 1000)
     else process.exitCode = 7`,
  )
  return checkout
}

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: unknown; stdout: string; stderr: string }>
}

function install(
  checkout: string,
  args: readonly string[] = ['script.ts', '--json', 'a b'],
  environment: Readonly<Record<string, string>> = given,
): Run {
  const child = spawn(process.execPath, [join(checkout, 'infra', 'install.mjs'), ...args], {
    cwd: checkout,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code]]: [string, string, unknown[]]) => ({ code, stdout, stderr }),
  )
  return { child, ended }
}

test('it installs once, and standard output and exit code are those of the script', async (t) => {
  const checkout = smallCheckout(t)
  const first = await install(checkout).ended
  assert.equal(first.stderr, 'claimcheck: installing the npm packages\n')
  assert.deepEqual([first.stdout, first.code], ['["--json","a b"]\n', 7])
  assert.deepEqual(await install(checkout).ended, { ...first, stderr: '' })

  await t.test('again when the lock file changed', async () => {
    const lock = join(checkout, 'package-lock.json')
    const packages = JSON.parse(readFileSync(lock, 'utf8'))
    packages.packages['local-node'].version = '1.0.1'
    writeJson(lock, packages)
    const manifest = { name: 'node', version: '1.0.1', bin: './node' }
    writeJson(join(checkout, 'local-node', 'package.json'), manifest)
    assert.match((await install(checkout).ended).stderr, /installing/)
  })
  await t.test('not when npm installed the same by hand', async () => {
    rmSync(join(checkout, 'node_modules', '.claimcheck-digest'))
    assert.equal((await install(checkout).ended).stderr, '')
  })
  await t.test('a signal goes on to the script', async () => {
    const run = install(checkout, ['script.ts', 'wait'])
    assert.ok(run.child.stdout)
    await once(run.child.stdout, 'data')
    run.child.kill('SIGTERM')
    assert.equal((await run.ended).code, 33)
  })
})

test('of two at once, one installs and the other waits; a lock whose holder died is no obstacle', async (t) => {
  const checkout = smallCheckout(t)
  mkdirSync(join(checkout, '.claimcheck'))
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(gone, 'exit')
  writeFileSync(join(checkout, '.claimcheck', 'install.lock'), String(gone.pid))
  const ends = await Promise.all([install(checkout).ended, install(checkout).ended])
  assert.deepEqual(
    ends.map(({ code }) => code),
    [7, 7],
  )
  const said = ends.map(({ stderr }) => stderr).join('')
  assert.equal(said.match(/installing the npm packages/g)?.length, 1)
  assert.equal(existsSync(join(checkout, '.claimcheck', 'install.lock')), false)
})

test('what went wrong is one line with a remedy, after what the failing program printed', async (t) => {
  const checkout = smallCheckout(t)
  rmSync(join(checkout, 'local-node'), { recursive: true })
  writeFileSync(join(checkout, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}')
  const npm = await install(checkout).ended
  assert.equal(npm.code, 1)
  assert.match(npm.stderr, /npm ci.*can only install/s)
  assert.match(npm.stderr, /\nclaimcheck: npm ci failed \(1\): npm must be on the PATH.*\n$/)
  assert.equal(npm.stdout, '')
  assert.equal(existsSync(join(checkout, 'node_modules', '.claimcheck-digest')), false)
})

test('a machine without Python, or without its venv module, is told what to install', async (t) => {
  const checkout = smallCheckout(t)
  await install(checkout).ended
  const empty = join(checkout, 'empty')
  mkdirSync(empty)
  const unset = { TEMPORAL_ADDRESS: '', CLAIMCHECK_STORE_ENDPOINT: '', PATH: empty }
  const none = await install(checkout, ['script.ts'], unset).ended
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^claimcheck: python3 is missing: .*TEMPORAL_ADDRESS.*\n$/)
  // A Python without venv, as Debian's package python3 is.
  const python = join(empty, 'python3')
  writeFileSync(python, '#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\n', { mode: 0o755 })
  assert.equal(statSync(python).mode & 0o100, 0o100)
  const bare = await install(checkout, ['script.ts'], unset).ended
  assert.equal(bare.code, 1)
  assert.match(bare.stderr, /^claimcheck: python3 lacks its venv module: .*python3-venv.*\n$/)
  // The programs on the PATH need no Python.
  for (const name of ['temporal', 'weed']) {
    writeFileSync(join(empty, name), '#!/bin/sh\n', { mode: 0o755 })
  }
  assert.equal((await install(checkout, ['script.ts'], unset).ended).code, 7)
})

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, undefined, 2))
}
