import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const own = fileURLToPath(new URL('../../.claimcheck/python/bin/python', import.meta.url))
const script = fileURLToPath(new URL('../fixtures/read_part.py', import.meta.url))

/** What pyarrow reads of Parquet files, each as JSON; undefined, and the test skipped, where there is none. */
export function readByPyarrow(
  context: Pick<TestContext, 'skip'>,
  paths: readonly string[],
): string[] | undefined {
  const interpreter = process.env['PYARROW_PYTHON'] ?? (existsSync(own) ? own : 'python3')
  if (spawnSync(interpreter, ['-c', 'import pyarrow']).status !== 0) {
    context.skip(`${interpreter} has no pyarrow; PYARROW_PYTHON may name one that has`)
    return undefined
  }
  return paths.map((path) => {
    const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
    const { stdout, stderr } = spawnSync(interpreter, [script, path], options)
    assert.notEqual(stdout, '', stderr)
    return stdout
  })
}
