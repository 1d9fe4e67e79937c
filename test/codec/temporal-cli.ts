import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireExecutable } from '../../infra/stack/require-executable.ts'
import { required } from './store-under-test.ts'

const execute = promisify(execFile)

/** Runs `temporal` against the server under test, without the settings of who runs the tests. */
export async function temporalCli(...words: readonly string[]): Promise<string> {
  const { stdout } = await execute(
    requireExecutable('temporal', 'TEMPORAL_ADDRESS'),
    [
      ...words,
      '--address',
      required('TEMPORAL_ADDRESS'),
      '--namespace',
      required('TEMPORAL_NAMESPACE'),
      '--disable-config-file',
      '--disable-config-env',
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
  )
  return stdout
}
