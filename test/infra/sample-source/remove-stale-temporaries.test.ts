import assert from 'node:assert/strict'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeStaleTemporaries } from '../../../infra/sample-source/remove-stale-temporaries.ts'
import { temporaryDirectory } from './open-test-source.ts'

test('only old temporary files are removed', async () => {
  const directory = await temporaryDirectory()
  const anHourAgo = Date.now() / 1000 - 3_600
  for (const name of ['old.tmp', 'old.ndjson', 'new.tmp']) {
    await writeFile(join(directory, name), '')
    if (name.startsWith('old')) await utimes(join(directory, name), anHourAgo, anHourAgo)
  }
  await removeStaleTemporaries(directory)
  assert.deepEqual((await readdir(directory)).toSorted(), ['new.tmp', 'old.ndjson'])
})
