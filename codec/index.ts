export { parseBlobClaim, type BlobClaim } from './blob-claim.ts'
export { blobKey, parseBlobKey, type BlobName } from './blob-key.ts'
export { withCircuitBreaker } from './circuit-breaker.ts'
export { claimArguments, type WithClaims } from './claim-arguments.ts'
export { ClaimCheckCodec } from './claim-check-codec.ts'
export type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
export { ClaimCheckError, type ClaimCheckErrorCode } from './claim-check-error.ts'
export { isClaimPayload, parseClaimPayload } from './claim-payload.ts'
export { isClaim, parseClaim, type Claim } from './claim.ts'
export { blobClaimsIn, valueClaimsIn } from './claims-of.ts'
export { createClaims, type Claims, type ClaimsOptions } from './claims.ts'
export { createCodecServer, type CodecServerOptions } from './codec-server.ts'
export { CodecServerError, type CodecServerErrorCode } from './codec-server-error.ts'
export type { CodecEvent, CodecListener } from './codec-event.ts'
export { CodedError, type CodedErrorOptions, type ErrorPlace } from './coded-error.ts'
export {
  createDataConverter,
  failureConverterPath,
  payloadConverterPath,
} from './create-data-converter.ts'
export { digestOf, isDigest, type Digest } from './digest.ts'
export { parseKeys, staticKeys, type EncryptionKeys } from './encryption-keys.ts'
export { readEnvelopeHeader, type EnvelopeHeader } from './envelope-header.ts'
export { generationOf, generationSpan, isGeneration, type Generation } from './generation.ts'
export { escapeKeySegment, unescapeKeySegment } from './key-segment.ts'
export { MemoryObjectStore, type MemoryObjectStoreOptions } from './memory-object-store.ts'
export type {
  CallOptions,
  GetOptions,
  GetStreamOptions,
  ObjectFacts,
  ObjectHead,
  ObjectKey,
  ObjectStore,
  ObjectStream,
  PutOptions,
} from './object-store.ts'
export type { ClaimCheckWarning, WarningListener } from './warning.ts'
export { createS3ObjectStore, type S3ObjectStoreOptions } from './s3-object-store.ts'
export {
  createS3UnfinishedUploads,
  type UnfinishedUpload,
  type UnfinishedUploads,
} from './s3-unfinished-uploads.ts'
