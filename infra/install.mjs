// Makes a fresh checkout runnable, then runs a script of it: `node infra/install.mjs [script args…]`.
// Runs on any Node from 20 on, before `node_modules` exists; so it is plain JavaScript and imports
// nothing but Node and a file beside it. Standard output is the script's alone.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from './node-flags.mjs'

const project = fileURLToPath(new URL('..', import.meta.url))
const state = join(project, '.claimcheck')
const modules = join(project, 'node_modules')
const modulesStamp = join(modules, '.claimcheck-digest')
const lockfile = join(project, 'package-lock.json')
const requirements = join(project, 'infra', 'server-requirements.txt')
const python = join(state, 'python')
const pythonStamp = join(python, '.claimcheck-digest')

/** What a person can put right: printed as one line, without a stack. */
class InstallError extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The servers of the Python packages, and the setting that says one is given elsewhere. */
const servers = [
  { program: 'temporal', setting: 'TEMPORAL_ADDRESS' },
  { program: 'weed', setting: 'CLAIMCHECK_STORE_ENDPOINT' },
]

try {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 20)
    throw new InstallError(`Node ${process.versions.node} is too old: use 20 or later`)
  if (!modulesAreFresh() || !serversAreFresh()) {
    await withLock(async () => {
      // Another install may have done it while this one waited.
      if (!modulesAreFresh()) await installModules()
      if (!serversAreFresh()) await installServers()
    })
  }
  const [script, ...args] = process.argv.slice(2)
  if (script !== undefined) process.exitCode = await runScript(script, args)
} catch (error) {
  if (!(error instanceof InstallError)) throw error
  process.stderr.write(`claimcheck: ${error.message}\n`)
  process.exitCode = error.exitCode
}

/** Whether `node_modules` is what the lock file says; one that npm made by hand counts too. */
function modulesAreFresh() {
  if (!fs.existsSync(join(modules, '.bin', 'node'))) return false
  const wanted = digestOf(lockfile)
  if (readText(modulesStamp) === wanted) return true
  const record = readText(join(modules, '.package-lock.json'))
  if (record === undefined) return false
  const there = JSON.parse(record).packages
  const listed = JSON.parse(fs.readFileSync(lockfile, 'utf8')).packages
  const same =
    Object.keys(there).every((path) => path in listed) &&
    Object.entries(listed).every(
      ([path, { version, optional }]) =>
        // The lock file lists the optional packages of every platform.
        path === '' || (path in there ? there[path].version === version : optional === true),
    )
  if (same) fs.writeFileSync(modulesStamp, wanted)
  return same
}

async function installModules() {
  say('installing the npm packages')
  const npm = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm run`, the first `node` on the PATH is the one in the folder that npm is to replace.
  const path = searchPath().filter((folder) => folder !== join(modules, '.bin'))
  const env = { ...process.env, PATH: path.join(delimiter) }
  await runQuietly('npm', npm, { env, remedy: 'npm must be on the PATH and reach its registry' })
  fs.writeFileSync(modulesStamp, digestOf(lockfile))
}

/** Whether each server is given, on the PATH, or installed as the requirements say. */
function serversAreFresh() {
  const missing = servers.filter(
    ({ program, setting }) =>
      !process.env[setting] && !searchPath().some((folder) => fs.existsSync(join(folder, program))),
  )
  return missing.length === 0 || readText(pythonStamp) === digestOf(requirements)
}

async function installServers() {
  const given = servers.map(({ setting }) => setting).join(' and ')
  const interpreter = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import sys; assert sys.version_info[0] == 3']).status === 0,
  )
  if (interpreter === undefined) {
    throw new InstallError(`python3 is missing: install it, or give servers by ${given}`)
  }
  if (spawnSync(interpreter, ['-c', 'import venv, ensurepip']).status !== 0) {
    throw new InstallError(
      `python3 lacks its venv module: install it (Debian and Ubuntu: the package python3-venv), or give servers by ${given}`,
    )
  }
  say('installing Temporal and SeaweedFS')
  fs.rmSync(python, { recursive: true, force: true })
  const remedy = `pip must reach its index; or give servers by ${given}`
  await runQuietly(interpreter, ['-m', 'venv', python], { remedy })
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet']
  await runQuietly(join(python, 'bin', 'python'), [...pip, '-r', requirements], { remedy })
  fs.writeFileSync(pythonStamp, digestOf(requirements))
}

/** Runs a program; what it prints is shown only when it fails. */
async function runQuietly(program, args, { remedy, env = process.env }) {
  const child = spawn(program, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => printed.push(data))
  const { code, signal } = await endOf(child)
  if (signal !== null) throw new InstallError(`interrupted by ${signal}`, exitCodeOf(signal))
  if (code === 0) return
  process.stderr.write(Buffer.concat(printed))
  throw new InstallError(`${program} ${args[0]} failed (${code}): ${remedy}`)
}

/** Runs a script on Node 24 and answers with its exit code. */
async function runScript(script, args) {
  const node = [join(modules, '.bin', 'node'), process.execPath].find(
    (path) => Number(spawnSync(path, ['-p', 'process.versions.node.split(".")[0]']).stdout) >= 24,
  )
  if (node === undefined) {
    throw new InstallError(
      'Node 24 is missing: let npm run the install script of the package node, or use Node 24 itself',
    )
  }
  const child = spawn(node, [...nodeFlags, script, ...args], { stdio: 'inherit' })
  const { code, signal } = await endOf(child)
  return code ?? exitCodeOf(signal)
}

/** As a shell has it. */
function exitCodeOf(signal) {
  return 128 + constants.signals[signal]
}

/** Passes on the signals that ask us to end, and waits for the child's end. */
async function endOf(child) {
  // A terminal sends Ctrl-C to the child itself: twice would read as impatience.
  const passOn = (signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, passOn)
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: error.code ?? 1, signal: null }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  for (const signal of signals) process.off(signal, passOn)
  return ended
}

/** Runs the work while no other install works on this checkout. */
async function withLock(work) {
  fs.mkdirSync(state, { recursive: true })
  const lock = join(state, 'install.lock')
  for (let waited = false; !takeLock(lock); waited = true) {
    if (!waited) say('waiting for another install of this checkout')
    await sleep(200)
  }
  try {
    await work()
  } finally {
    fs.rmSync(lock, { force: true })
  }
}

function takeLock(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = readText(lock)
  // An empty file is one that is just being written.
  if (!isOld(lock) && (!holder || isRunning(Number(holder)))) return false
  // It died. Moved aside first, so that of several who see this only one goes on with this file.
  const aside = `${lock}.${process.pid}`
  try {
    fs.renameSync(lock, aside)
    // It may have been taken anew since it was read: then it goes back.
    if (readText(aside) !== holder) fs.linkSync(aside, lock)
    fs.rmSync(aside)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  return false
}

/** Whether the lock is older than any install: its process number may be another program's now. */
function isOld(lock) {
  const facts = fs.statSync(lock, { throwIfNoEntry: false })
  return facts !== undefined && Date.now() - facts.mtimeMs > 30 * 60_000
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function searchPath() {
  return (process.env.PATH ?? '').split(delimiter)
}

function digestOf(path) {
  return createHash('sha256').update(fs.readFileSync(path)).digest('hex')
}

function readText(path) {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined
}

function say(text) {
  process.stderr.write(`claimcheck: ${text}\n`)
}
