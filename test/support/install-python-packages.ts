import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const state = fileURLToPath(new URL('../../.claimcheck/', import.meta.url))
const requirements = fileURLToPath(new URL('python-requirements.txt', import.meta.url))

export interface Python {
  readonly interpreter: string
  /** With the packages on Python's path. */
  readonly environment: NodeJS.ProcessEnv
}

/**
 * A Python that has the packages of `python-requirements.txt`, installed at the first use from now
 * on. Throws where there is no Python, or pip cannot reach its index.
 */
export async function installPythonPackages(): Promise<Python> {
  const ownInterpreter = `${state}python/bin/python`
  const interpreter = existsSync(ownInterpreter) ? ownInterpreter : 'python3'
  const { stdout: tag } = await execute(interpreter, [
    '-c',
    'import sys; print(sys.implementation.cache_tag)',
  ])
  const digest = createHash('sha256').update(readFileSync(requirements)).update(tag).digest('hex')
  const folder = `${state}test-python-${digest.slice(0, 12)}`
  if (!existsSync(folder)) await install(interpreter, folder)
  return { interpreter, environment: { ...process.env, PYTHONPATH: folder } }
}

/** Into a folder of its own first, so that one that is there is whole. */
async function install(interpreter: string, folder: string): Promise<void> {
  mkdirSync(state, { recursive: true })
  const aside = mkdtempSync(`${folder}-`)
  try {
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet']
    const options = ['--only-binary', ':all:', '--target', aside, '--requirement', requirements]
    await execute(interpreter, [...pip, ...options])
    // Another process may have been faster.
    if (!existsSync(folder)) renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}
