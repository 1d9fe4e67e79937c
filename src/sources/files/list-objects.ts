import type { S3Context } from '../../../codec/s3-context.ts'
import { readEtag } from '../../../codec/s3-etag.ts'
import { listS3Entries } from '../../../codec/s3-list.ts'

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly etag: string | undefined
}

/**
 * All objects whose key begins with `prefix`, with their etags.
 *
 * @throws ClaimCheckError those of the store; STORE_FAILED where the listing is cut short
 */
export async function* listObjects(
  context: S3Context,
  prefix: string,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<ListedObject> {
  for await (const { Key: key, Size: sizeBytes, ETag } of listS3Entries(context, prefix, options)) {
    yield { key, sizeBytes, etag: readEtag(ETag) }
  }
}
