import type { EncryptionKeys } from './encryption-keys.ts'
import type { ObjectStore } from './object-store.ts'
import type { CodecListener } from './codec-event.ts'
import type { WarningListener } from './warning.ts'

export interface ClaimCheckCodecOptions {
  readonly store: ObjectStore
  /** The Temporal namespace; blobs are shared within it. */
  readonly namespace: string
  /** Other namespaces whose claims may be followed too. @default none */
  readonly readableNamespaces?: readonly string[] | undefined
  /** Payloads of more bytes, metadata included, go to the store. @default 131_072 (128 KiB) */
  readonly thresholdBytes?: number | undefined
  /**
   * Payloads of at least this many bytes that stay in history are compressed where that saves 5 %.
   * Smaller ones stay readable without a codec server. `Infinity` compresses none. @default 4_096
   */
  readonly compressBytes?: number | undefined
  /** Larger payloads are refused. @default 1_073_741_824 (1 GiB) */
  readonly maxPayloadBytes?: number | undefined
  /** With keys, everything is encrypted, what stays inline too. @default not encrypted */
  readonly encryption?: EncryptionKeys | undefined
  /** Memory for blobs lately read or written. @default 67_108_864 (64 MiB) */
  readonly cacheBytes?: number | undefined
  /**
   * A directory for blobs that memory has no room for, or that are to outlast the process. Files are
   * as in the store: compressed, and encrypted where keys are given. @default none
   */
  readonly diskCache?: { readonly directory: string; readonly maxBytes: number } | undefined
  /** Blobs on their way at once: of all activities, and of all other calls. @default 16 */
  readonly concurrency?: number | undefined
  /**
   * How long one call may wait for the store where a workflow task or a client waits for it; large
   * payloads get a second more for each 10 MB. @default 8_000
   */
  readonly taskTimeoutMs?: number | undefined
  /**
   * The same inside an activity, for its result; never more than 0.8 of the activity's own
   * start-to-close and heartbeat timeouts. @default 60_000
   */
  readonly activityTimeoutMs?: number | undefined
  /** Hears what an operator should know of. @default Node's process warnings */
  readonly onWarning?: WarningListener | undefined
  /** Hears of each blob that was parked or read. @default nobody */
  readonly onEvent?: CodecListener | undefined
  /** Tells the week a blob belongs to. @default () => new Date() */
  readonly clock?: (() => Date) | undefined
}
