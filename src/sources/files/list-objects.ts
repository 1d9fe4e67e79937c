import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { ClaimCheckError } from '../../../codec/index.ts'
import type { S3Context } from '../../../codec/s3-context.ts'
import { readEtag } from '../../../codec/s3-etag.ts'

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly etag: string | undefined
}

/**
 * All objects whose key begins with `prefix`, page after page, with their etags.
 *
 * @throws ClaimCheckError those of the store; STORE_FAILED where the listing is cut short
 */
export async function* listObjects(
  { client, call, bucket, at }: S3Context,
  prefix: string,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<ListedObject> {
  let token: string | undefined
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    })
    const page = await call(at({ prefix }), signal, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      if (Key === undefined || Size === undefined) throw cutShort('an entry without key or size')
      yield { key: Key, sizeBytes: Size, etag: readEtag(ETag) }
    }
    const previous = token
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
    if (page.IsTruncated === true && (token === undefined || token === previous)) {
      throw cutShort('more to come but no way to ask for it')
    }
  } while (token !== undefined)
}

function cutShort(what: string): ClaimCheckError {
  return new ClaimCheckError('STORE_FAILED', `The listing cannot be trusted: ${what}`, {
    remedy: 'Check the version of the store.',
  })
}
