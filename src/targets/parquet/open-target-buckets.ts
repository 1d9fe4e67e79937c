import { S3Connections, type OwnStore } from '../../sources/files/s3-connections.ts'
import type { HostList } from '../../sources/host-list.ts'
import type { Environment } from '../../sources/resolve-references.ts'
import { SourceHosts } from '../../sources/source-hosts.ts'
import type { TargetRequest } from './parquet-requests.ts'
import { TargetBucket } from './target-bucket.ts'
import { toTargetError } from './to-target-error.ts'

export interface TargetBucketsOptions {
  /** The store of targets that name none. */
  readonly store: OwnStore
  /** Where `${NAME}` references are looked up. */
  readonly environment: Environment
  /** The only hosts of stores that may be asked. @default those that pipelines name */
  readonly allowedHosts?: HostList | undefined
  /** The first pause between tries. @default 250 */
  readonly firstDelayMs?: number | undefined
}

/** The buckets that targets name. Connects where one is asked, and not before. */
export interface TargetBuckets {
  /** @throws PipelineError as the store fails; the reason of the signal */
  within<Result>(
    this: void,
    request: Pick<TargetRequest, 'target' | 'signal'>,
    work: (bucket: TargetBucket) => Promise<Result>,
  ): Promise<Result>
  close(): void
}

export function openTargetBuckets(options: TargetBucketsOptions): TargetBuckets {
  const { store, environment, allowedHosts, firstDelayMs = 250 } = options
  const hosts = new SourceHosts(allowedHosts)
  const connections = new S3Connections({ own: store, environment, hosts, firstDelayMs })
  return {
    async within({ target, signal }, work) {
      try {
        const context = connections.context(target.s3, target.bucket)
        return await work(new TargetBucket(context, signal))
      } catch (error) {
        signal.throwIfAborted()
        throw toTargetError(error, target)
      }
    },
    close: () => connections.close(),
  }
}
