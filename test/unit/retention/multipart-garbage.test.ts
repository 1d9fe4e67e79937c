import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multipartGarbage } from '../../../activities/retention/multipart-garbage.ts'
import type { ObjectKey } from '../../../codec/index.ts'

test('uploads of others who use the bucket are not ours to abort', async () => {
  const begunAt = new Date('2026-09-02T12:00:00Z')
  const uploads = {
    async *list() {
      for (const key of ['backups/huge.tar', 'blobsy/a', 'blobs/default/2026-W36/a', 'values/a'])
        yield { key: key as ObjectKey, uploadId: key, begunAt }
    },
    abort: async () => undefined,
    close: () => undefined,
  }
  const { signal } = new AbortController()
  const request = { now: new Date('2026-11-04T12:00:00Z'), signal }
  const findings = await Array.fromAsync(multipartGarbage(uploads)(request))
  assert.deepEqual(
    findings.flatMap((each) => ('garbage' in each ? [each.garbage.key] : [])),
    ['blobs/default/2026-W36/a', 'values/a'],
  )
  const kept = findings.flatMap((each) => ('kept' in each ? [each.kept.reason] : []))
  assert.match(kept.join(), /not looked after \(objects: 2/)
})
