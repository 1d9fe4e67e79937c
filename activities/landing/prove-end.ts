import { PipelineError } from '../pipeline-error.ts'

export interface RecordsOfPage {
  readonly count: number
  /** As they are written, without what is around them: that may say which page it is. */
  readonly bytes: Uint8Array
}

export interface EndToProve {
  readonly pipeline: string
  /** Of the page that is to be the last. */
  readonly last: RecordsOfPage
  /** Asks for the page beyond. */
  readonly beyond: () => Promise<RecordsOfPage>
}

/**
 * Looks whether anything comes behind a first page that has fewer records than `source.next.size`. What is
 * no page, is refused, or is those records again, as sources answer beyond their last, is an end.
 *
 * @throws PipelineError PAGE_TOO_SHORT
 */
export async function proveEnd({ pipeline, last, beyond }: EndToProve): Promise<void> {
  try {
    const further = await beyond()
    if (further.count === 0 || Buffer.compare(further.bytes, last.bytes) === 0) return
  } catch (error) {
    // Some sources fail beyond their end, and there `size` is what keeps a walk from asking.
    if (error instanceof PipelineError) return
    throw error
  }
  throw new PipelineError(
    'PAGE_TOO_SHORT',
    `the first page has ${last.count} records, fewer than \`source.next.size\`, and is not the last`,
    {
      at: { pipeline },
      remedy:
        'Set `source.next.size` to as many as the source gives at once, which may be less than it is asked for, or leave it out.',
    },
  )
}
