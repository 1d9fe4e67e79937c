import { createHash } from 'node:crypto'
import type { SourceStats } from '../../infra/sample-source/request-stats.ts'
import type { ObjectStore } from '../../codec/index.ts'

/**
 * Pages of a walk by the digest of the cursor that asks for them: what the key of a landed page and
 * a request to the source have in common.
 */
export type PageDigest = string

/** Pages of a pipeline that are in the store right now. */
export async function landedPages(
  store: ObjectStore,
  pipeline: string,
): Promise<ReadonlySet<PageDigest>> {
  const landed = new Set<PageDigest>()
  for await (const { key } of store.list(`landing/${pipeline}/`)) {
    const digest = /\/page-\d+-([0-9a-f]{16})\./.exec(key)?.[1]
    if (digest !== undefined) landed.add(digest)
  }
  return landed
}

/** How often each page was asked for at the source, by its own count. */
export function requestsByPage(stats: SourceStats): ReadonlyMap<PageDigest, number> {
  const requests = new Map<PageDigest, number>()
  for (const [page, counted] of Object.entries(stats.pages)) {
    const cursor = new URL(page, 'http://source.invalid').searchParams.get('cursor') ?? ''
    const digest = createHash('sha256').update(cursor).digest('hex').slice(0, 16)
    requests.set(digest, (requests.get(digest) ?? 0) + counted.requests)
  }
  return requests
}
