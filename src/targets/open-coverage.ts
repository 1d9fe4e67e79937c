import type { LoadTarget } from '../../activities/load-target.ts'
import { findCoveredSlices } from './parquet/covered-slices.ts'
import { openTargetBuckets, type TargetBucketsOptions } from './parquet/open-target-buckets.ts'
import { readCoveredSlices } from './postgres/covered-slices.ts'
import { openSessions } from './postgres/sessions.ts'

export interface CoverageOptions extends TargetBucketsOptions {
  readonly databaseUrl: string
}

/** What a command asks of targets: less than a worker, and without what loads need. */
export type Coverage = Pick<LoadTarget, 'coveredSlices' | 'close'>

/** Says which slices were loaded. Connects where it is asked, and not before. */
export function openCoverage(options: CoverageOptions): Coverage {
  const { databaseUrl: url } = options
  const sessions = openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 })
  const buckets = openTargetBuckets(options)
  return {
    coveredSlices: (request) => {
      const { target, ...asked } = request
      const { signal } = request
      return target.kind === 'postgres'
        ? sessions.transaction('claimcheck schedule', signal, (session) =>
            readCoveredSlices(session, { ...asked, target }),
          )
        : buckets.within({ target, signal }, (bucket) =>
            findCoveredSlices(bucket, { ...asked, target }),
          )
    },
    async close() {
      buckets.close()
      await sessions.close()
    },
  }
}
