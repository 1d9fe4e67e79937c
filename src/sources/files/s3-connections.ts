import type { S3Client } from '@aws-sdk/client-s3'
import { createS3Call } from '../../../codec/s3-call.ts'
import { createS3Client, type S3ClientOptions } from '../../../codec/s3-client.ts'
import type { S3Context } from '../../../codec/s3-context.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { FileSourceDefinition } from '../../../activities/index.ts'
import { httpAddress } from '../http-address.ts'
import { resolveReferences, type Environment } from '../resolve-references.ts'
import type { SourceHosts } from '../source-hosts.ts'
import { SourceBuckets, type ListedBucket } from './source-buckets.ts'

export type S3Access = NonNullable<FileSourceDefinition['s3']>

/** How the worker's own store is reached, and what this project's own objects lie in. */
export interface OwnStore extends Pick<S3ClientOptions, 'endpoint' | 'region' | 'credentials'> {
  readonly bucket: string
  /** What sources may read there. @default all that the credentials reach */
  readonly sourceBuckets?: readonly ListedBucket[] | undefined
}

export interface S3ConnectionsOptions {
  readonly own: OwnStore | undefined
  readonly environment: Environment
  /** What stores that pipelines name must keep to; the worker's own is the operator's. */
  readonly hosts: SourceHosts
  /** The first pause between tries. */
  readonly firstDelayMs: number
}

/** A place in a store; `place` is how messages name it. */
export interface S3Path {
  readonly bucket: string
  readonly key: string
  readonly place: string
}

/** Clients of S3 stores, one for each that sources name. */
export class S3Connections {
  readonly #options: S3ConnectionsOptions
  readonly #clients = new Map<string, S3Client>()
  readonly #buckets: SourceBuckets | undefined

  constructor(options: S3ConnectionsOptions) {
    this.#options = options
    const { own } = options
    this.#buckets = own && new SourceBuckets({ ownBucket: own.bucket, listed: own.sourceBuckets })
  }

  /**
   * What is needed to ask a store for objects of a bucket.
   *
   * @param access The store; the worker's own where there is none.
   * @throws PipelineError SOURCE_SETTING_MISSING, SOURCE_SETTING_INVALID, SOURCE_HOST_REFUSED
   */
  context(access: S3Access | undefined, bucket: string): S3Context {
    const { firstDelayMs } = this.#options
    return {
      client: this.#client(access),
      call: createS3Call({ firstPauseMs: firstDelayMs, maxAttempts: 5 }),
      bucket,
      at: (place) => place,
    }
  }

  /**
   * @param path Of one object, or of the folder that a pattern is searched in.
   * @throws PipelineError SOURCE_PATH_REFUSED where sources must not read that
   */
  admit(access: S3Access | undefined, { bucket, key, place }: S3Path): void {
    if (!this.#isOwn(access)) return
    this.#buckets?.admit(bucket, key, { isListed: access === undefined, place })
  }

  /** Whether an object is no data, but one that this project keeps for itself. */
  isState(access: S3Access | undefined, bucket: string, key: string): boolean {
    return this.#isOwn(access) && this.#buckets?.isState(bucket, key) === true
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy()
    this.#clients.clear()
  }

  #client(access: S3Access | undefined): S3Client {
    const { own, environment, hosts } = this.#options
    if (access === undefined) {
      if (own === undefined) throw unnamedStore()
      return this.#kept('own', () => createS3Client(own))
    }
    const options = namedStore(access, environment)
    const url = new URL(options.endpoint ?? 'https://s3.amazonaws.com')
    const hop = { url, isNamed: true, shown: access.endpoint ?? 's3://' }
    hosts.check(hop)
    // What is looked up is what is connected to.
    const lookup = hosts.lookup(hop)
    return this.#kept(JSON.stringify(options), () => createS3Client({ ...options, lookup }))
  }

  /** Whether a store is the worker's own, whichever keys it is asked with. */
  #isOwn(access: S3Access | undefined): boolean {
    const { own, environment } = this.#options
    if (access === undefined) return true
    const { endpoint } = namedStore(access, environment)
    return own !== undefined && originOf(endpoint) === originOf(own.endpoint)
  }

  #kept(key: string, make: () => S3Client): S3Client {
    const client = this.#clients.get(key) ?? make()
    this.#clients.set(key, client)
    return client
  }
}

function namedStore(access: S3Access, environment: Environment): S3ClientOptions {
  const resolve = (text: string) => resolveReferences(text, environment)
  const { endpoint } = access
  return {
    ...(endpoint === undefined ? {} : { endpoint: bare(resolve(endpoint)) }),
    region: access.region === undefined ? 'us-east-1' : resolve(access.region),
    credentials: {
      accessKeyId: resolve(access.accessKeyId),
      secretAccessKey: resolve(access.secretAccessKey),
    },
  }
}

/** Of AWS there is one, wherever it is asked. */
function originOf(endpoint: string | undefined): string | undefined {
  return endpoint === undefined ? undefined : new URL(endpoint).origin
}

/** A store is told who asks by its keys. */
function bare(endpoint: string): string {
  const url = httpAddress(endpoint, '`source.s3.endpoint`')
  if (url.username === '' && url.password === '') return endpoint
  const what = 'with its references filled in, `source.s3.endpoint` names a user'
  const remedy = 'Leave it out: `access_key_id` and `secret_access_key` say who asks.'
  throw new PipelineError('SOURCE_SETTING_INVALID', what, { remedy })
}

function unnamedStore(): PipelineError {
  return new PipelineError('SOURCE_SETTING_INVALID', 'no store is known that s3:// could mean', {
    remedy: 'Name one in `source.s3`.',
  })
}
