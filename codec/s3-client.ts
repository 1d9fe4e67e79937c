import type { LookupFunction } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import { sendContentMd5 } from './s3-content-md5.ts'

export interface S3ClientOptions {
  /** Absent means AWS itself. */
  readonly endpoint?: string | undefined
  readonly region: string
  /** Absent means the AWS default credential chain. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined
  /** How long until a connection must stand. @default 5_000 */
  readonly connectTimeoutMs?: number | undefined
  /**
   * How long one attempt may take from its start to the response's headers, a body of up to
   * 16 MiB sent included. @default 30_000
   */
  readonly requestTimeoutMs?: number | undefined
  /** Sockets at once; more requests wait for one. @default 64 */
  readonly maxSockets?: number | undefined
  /** How names of hosts are looked up. @default as the system does */
  readonly lookup?: LookupFunction | undefined
}

/**
 * An S3 client with the limits that the SDK leaves out, and within what MinIO, SeaweedFS, R2, Ceph
 * and AWS all do: path style for own endpoints, no chunked signing, no trailers.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { lookup, maxSockets = 64 } = options
  const agent = { keepAlive: true, maxSockets, ...(lookup === undefined ? {} : { lookup }) }
  const client = new S3Client({
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
    ...(options.credentials === undefined ? {} : { credentials: { ...options.credentials } }),
    // Retries are in `createS3Call`: the SDK's give up after a tenth of a second, sleep through an
    // abort, and stop for everybody when many calls fail at once.
    maxAttempts: 1,
    requestChecksumCalculation: options.endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs ?? 5_000,
      requestTimeout: options.requestTimeoutMs ?? 30_000,
      throwOnRequestTimeout: true,
      // The SDK's idle timeout also counts while a slow reader holds the stream back. Ours does not.
      socketTimeout: 0,
      // Waiting for a socket is how the bound works, so it is worth no warning.
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
  if (options.endpoint !== undefined) sendContentMd5(client)
  return client
}
