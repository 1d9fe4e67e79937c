import type { EncryptionKeys, ObjectStore } from '../../../codec/index.ts'

/** Where objects are looked at. */
export interface BlobsPlace {
  readonly store: ObjectStore
  /** Whose blobs are meant where only a digest is given. */
  readonly namespace: string
  /** Without them, what is encrypted is told and not read. */
  readonly encryption: EncryptionKeys | undefined
  readonly signal: AbortSignal
}
