import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { CallOptions, ObjectFacts, ObjectKey } from './object-store.ts'
import type { S3Context } from './s3-context.ts'

/**
 * All objects under `prefix`, page after page. A listing that the store cuts short without saying
 * how to go on is an error: whoever deletes by it must not mistake it for the whole.
 */
export async function* listS3Objects(
  { client, call, bucket, at }: S3Context,
  prefix: string,
  options: CallOptions & { readonly startAfter?: string },
): AsyncGenerator<ObjectFacts, void> {
  let token: string | undefined
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...(options.startAfter === undefined ? {} : { StartAfter: options.startAfter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    })
    const page = await call(at({ prefix }), options.signal, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key === undefined || Size === undefined || LastModified === undefined) {
        throw cutShort('an entry without key, size or time', at({ prefix }))
      }
      yield { key: Key as ObjectKey, sizeBytes: Size, lastModified: LastModified }
    }
    const previous = token
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
    if (page.IsTruncated === true && (token === undefined || token === previous)) {
      throw cutShort('more to come but no way to ask for it', at({ prefix }))
    }
  } while (token !== undefined)
}

function cutShort(what: string, at: ReturnType<S3Context['at']>): ClaimCheckError {
  return new ClaimCheckError('STORE_FAILED', `The listing cannot be trusted: ${what}`, {
    remedy: 'Do not delete by this listing; check the version of the store.',
    at,
  })
}
