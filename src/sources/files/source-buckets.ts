import { posix } from 'node:path'
import { isOwnKey } from '../../../activities/own-folders.ts'
import { pathRefused } from './file-errors.ts'
import { isBucketName } from './file-kind.ts'

/** A bucket, or a folder in one, that sources may read with the worker's own credentials. */
export interface ListedBucket {
  readonly bucket: string
  /** Ends with a slash; empty for all of the bucket. */
  readonly folder: string
}

/** Reads a list such as `lake, exports/2001`; undefined when an entry is no bucket, or nothing is listed. */
export function parseBucketList(text: string): readonly ListedBucket[] | undefined {
  const entries = text.split(',').map((part) => part.trim())
  const listed = entries.map((entry) => {
    const [bucket = '', ...names] = entry.replace(/\/$/, '').split('/')
    return { bucket, folder: names.map((name) => `${name}/`).join('') }
  })
  const isWell = ({ bucket, folder }: ListedBucket) =>
    isBucketName(bucket) && !folder.startsWith('/') && plainKey(folder) === folder
  return listed.every(isWell) ? listed : undefined
}

export interface SourceBucketsOptions {
  /** The bucket that this project keeps its own objects in. */
  readonly ownBucket: string
  /** @default all that the credentials reach */
  readonly listed?: readonly ListedBucket[] | undefined
}

/** What sources may read of the worker's own store. */
export class SourceBuckets {
  readonly #options: SourceBucketsOptions

  constructor(options: SourceBucketsOptions) {
    this.#options = options
  }

  /**
   * @param isListed Whether what is listed counts: a source that brings its own keys reads what these may.
   * @param place For messages.
   * @throws PipelineError SOURCE_PATH_REFUSED
   */
  admit(
    bucket: string,
    key: string,
    { isListed, place }: { readonly isListed: boolean; readonly place: string },
  ): void {
    if (isListed && !this.#isListed(bucket, key)) throw notListed(place)
    if (this.isState(bucket, key)) throw ofState(place)
  }

  /** Whether what lies there is no data, but this project's own state. */
  isState(bucket: string, key: string): boolean {
    const { ownBucket, listed = [] } = this.#options
    if (bucket.toLowerCase() !== ownBucket.toLowerCase() || !isOwnKey(plainKey(key))) return false
    // Whoever lists a folder in there means that one.
    const folders = listed.filter(({ folder }) => isOwnKey(folder))
    return !folders.some((entry) => isIn(entry, bucket, key))
  }

  #isListed(bucket: string, key: string): boolean {
    const { listed } = this.#options
    return listed === undefined || listed.some((entry) => isIn(entry, bucket, key))
  }
}

function isIn(entry: ListedBucket, bucket: string, key: string): boolean {
  return entry.bucket === bucket && plainKey(key).startsWith(entry.folder)
}

/** As stores read it that keep objects in folders of a file system. */
function plainKey(key: string): string {
  return posix.normalize(`/${key}`).slice(1)
}

function notListed(place: string) {
  return pathRefused(
    'the path leads out of the buckets that may be read',
    'If that is right, list its bucket in CLAIMCHECK_SOURCE_BUCKETS of the worker, or give the source keys of its own in `source.s3`.',
    { path: place },
  )
}

function ofState(place: string) {
  return pathRefused(
    'the path leads to objects that Claimcheck keeps for itself',
    'Keep files to be read in another folder or bucket, or list this very folder in CLAIMCHECK_SOURCE_BUCKETS of the worker.',
    { path: place },
  )
}
