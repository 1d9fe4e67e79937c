import { ListObjectsV2Command, type _Object } from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { CallOptions, ObjectFacts, ObjectKey } from './object-store.ts'
import type { S3Context } from './s3-context.ts'

type ListOptions = CallOptions & { readonly startAfter?: string }

/** All objects under `prefix`, as `listS3Entries`. */
export async function* listS3Objects(
  context: S3Context,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectFacts, void> {
  for await (const { Key, Size, LastModified } of listS3Entries(context, prefix, options)) {
    if (LastModified === undefined) throw cutShort('an entry without time', context.at({ prefix }))
    yield { key: Key as ObjectKey, sizeBytes: Size, lastModified: LastModified }
  }
}

export interface S3Entry extends Pick<_Object, 'LastModified' | 'ETag'> {
  readonly Key: string
  readonly Size: number
}

/**
 * What a store says of all objects under `prefix`, page after page. A listing that it cuts short without
 * saying how to go on is an error: whoever deletes by it must not mistake it for the whole.
 */
export async function* listS3Entries(
  { client, call, bucket, at }: S3Context,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<S3Entry, void> {
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
    for (const { Key, Size, ...entry } of page.Contents ?? []) {
      if (Key === undefined || Size === undefined) {
        throw cutShort('an entry without key or size', at({ prefix }))
      }
      yield { ...entry, Key, Size }
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
