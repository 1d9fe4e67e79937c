import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multipartGarbage } from '../../../activities/retention/multipart-garbage.ts'
import type { ObjectKey } from '../../../codec/index.ts'

const now = new Date('2026-11-04T12:00:00Z')
const dayMs = 86_400_000

async function findings(begun: Readonly<Record<string, Date>>) {
  const uploads = {
    async *list() {
      for (const [key, begunAt] of Object.entries(begun))
        yield { key: key as ObjectKey, uploadId: key, begunAt }
    },
    abort: async () => undefined,
    close: () => undefined,
  }
  const { signal } = new AbortController()
  const all = await Array.fromAsync(multipartGarbage(uploads)({ now, signal }))
  return {
    garbage: all.flatMap((each) => ('garbage' in each ? [each.garbage.key] : [])),
    kept: all.flatMap((each) => ('kept' in each ? [each.kept.reason] : [])).join(),
  }
}

test('uploads of others who use the bucket are not ours to abort', async () => {
  const begunAt = new Date('2026-09-02T12:00:00Z')
  const { garbage, kept } = await findings({
    'backups/huge.tar': begunAt,
    'blobsy/a': begunAt,
    'blobs/default/2026-W36/a': begunAt,
    'values/a': begunAt,
  })
  assert.deepEqual(garbage, ['blobs/default/2026-W36/a', 'values/a'])
  assert.match(kept, /not looked after \(objects: 2/)
})

test('an upload may be under way for a week', async () => {
  const week = now.getTime() - 7 * dayMs
  const { garbage, kept } = await findings({
    'datasets/begun': new Date(week + 1),
    'datasets/given-up': new Date(week),
  })
  assert.deepEqual(garbage, ['datasets/given-up'])
  assert.match(kept, /may be under way \(objects: 1/)
})
