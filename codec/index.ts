export { blobKey, parseBlobKey, type BlobName } from './blob-key.ts'
export { ClaimCheckCodec, type ClaimCheckCodecOptions } from './claim-check-codec.ts'
export { ClaimCheckError, type ClaimCheckErrorCode } from './claim-check-error.ts'
export { isClaimPayload, parseClaimPayload } from './claim-payload.ts'
export { parseClaim, type Claim } from './claim.ts'
export { CodedError, type CodedErrorOptions, type ErrorPlace } from './coded-error.ts'
export { createDataConverter } from './create-data-converter.ts'
export { digestOf, isDigest, type Digest } from './digest.ts'
export { openEnvelope, readEnvelopeHeader, type EnvelopeHeader } from './envelope.ts'
export { generationOf, generationSpan, isGeneration, type Generation } from './generation.ts'
export { escapeKeySegment, unescapeKeySegment } from './key-segment.ts'
export { MemoryObjectStore, type MemoryObjectStoreOptions } from './memory-object-store.ts'
export type {
  CallOptions,
  ObjectFacts,
  ObjectHead,
  ObjectKey,
  ObjectStore,
  PutOptions,
} from './object-store.ts'
export { createS3ObjectStore, type S3ObjectStoreOptions } from './s3-object-store.ts'
