import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { version } from '../../../codec/version.ts'

it('the version beside every object is that of the package', async () => {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8')
  const manifest: unknown = JSON.parse(text)
  assert.partialDeepStrictEqual(manifest, { version })
})
