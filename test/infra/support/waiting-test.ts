import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'

/**
 * A test that never ends, nor does the process that it starts. Tells who they are in the file that
 * `CLAIMCHECK_TEST_WAITING` names.
 */
test('waits', async () => {
  const forEver = 'setInterval(() => {}, 60_000)'
  const child = spawn(process.execPath, ['--eval', forEver], { stdio: 'ignore' })
  const told = JSON.stringify([process.pid, child.pid])
  writeFileSync(process.env['CLAIMCHECK_TEST_WAITING'] ?? '', told)
  await new Promise(() => setInterval(() => {}, 60_000))
})
