import type { CoverageRequest, LoadTarget } from '../../activities/load-target.ts'
import { S3Connections, type OwnStore } from '../sources/files/s3-connections.ts'
import type { HostList } from '../sources/host-list.ts'
import type { Environment } from '../sources/resolve-references.ts'
import { SourceHosts } from '../sources/source-hosts.ts'
import { findCoveredSlices } from './parquet/covered-slices.ts'
import { TargetBucket } from './parquet/target-bucket.ts'
import { toTargetError } from './parquet/to-target-error.ts'
import { readCoveredSlices } from './postgres/covered-slices.ts'
import { openSessions } from './postgres/sessions.ts'

export interface CoverageOptions {
  readonly databaseUrl: string
  /** The store of targets that name none. */
  readonly store: OwnStore
  readonly environment: Environment
  readonly allowedHosts?: HostList | undefined
}

/** What a command asks of targets: less than a worker, and without what loads need. */
export type Coverage = Pick<LoadTarget, 'coveredSlices' | 'close'>

/** Says which slices were loaded. Connects where it is asked, and not before. */
export function openCoverage(options: CoverageOptions): Coverage {
  const { databaseUrl: url, store, environment, allowedHosts } = options
  const sessions = openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 })
  const connections = new S3Connections({
    own: store,
    environment,
    hosts: new SourceHosts(allowedHosts),
    firstDelayMs: 250,
  })
  return {
    coveredSlices: (request) => {
      const { target, ...asked } = request
      return target.kind === 'postgres'
        ? sessions.transaction('claimcheck schedule', request.signal, (session) =>
            readCoveredSlices(session, { ...asked, target }),
          )
        : ofParquet({ ...asked, target })
    },
    async close() {
      connections.close()
      await sessions.close()
    },
  }

  async function ofParquet(
    request: CoverageRequest<Extract<CoverageRequest['target'], { kind: 'parquet' }>>,
  ): Promise<ReadonlySet<string>> {
    const { target, signal } = request
    try {
      const context = connections.context(target.s3, target.bucket)
      return await findCoveredSlices(new TargetBucket(context, signal), request)
    } catch (error) {
      signal.throwIfAborted()
      throw toTargetError(error, target)
    }
  }
}
