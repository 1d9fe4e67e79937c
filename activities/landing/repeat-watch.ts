import type { WalkPosition } from '../bucket-layout.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { WalkAnchor } from './landed-batch.ts'
import type { Paging } from './next-cursor.ts'

/** Page content is compared where a stuck source does not show in what pages are asked for with. */
export function comparesContent({ kind }: Paging): boolean {
  return kind === 'page' || kind === 'offset' || kind === 'link-header'
}

/** Notices a walk that would not end: in its cursors and, where a digest is given, in its pages. */
export class RepeatWatch {
  readonly #pipeline: string
  #anchor: WalkAnchor | null

  constructor(pipeline: string, anchor: WalkAnchor | null) {
    this.#pipeline = pipeline
    this.#anchor = anchor
  }

  /** What the next batch goes on with. */
  get anchor(): WalkAnchor | null {
    return this.#anchor
  }

  /** @throws PipelineError CURSOR_REPEATED when the source sends the walk back to where it was */
  atCursor(at: WalkPosition): void {
    if (at.cursorDigest === this.#anchor?.cursorDigest) {
      throw this.#repeated(at, 'CURSOR_REPEATED', 'a cursor')
    }
    const isFirst = this.#anchor === null
    if (isFirst || Number.isInteger(Math.log2(at.pageNumber))) {
      // That page's digest is not known yet; the page before is still compared with.
      this.#anchor = { ...this.#anchor, ...at, pageDigest: undefined }
    }
  }

  /** @throws PipelineError PAGE_REPEATED when a page that is not empty is one that was there before */
  atPage(at: WalkPosition, digest: string, isEmpty: boolean): void {
    const short = digest.slice(0, 16)
    const { pageDigest, newestDigest } = this.#anchor ?? {}
    if (!isEmpty && (short === pageDigest || short === newestDigest)) {
      throw this.#repeated(at, 'PAGE_REPEATED', 'a page')
    }
    const isAnchor = this.#anchor?.pageNumber === at.pageNumber
    this.#anchor = {
      ...(this.#anchor ?? at),
      ...(isAnchor ? { pageDigest: short } : {}),
      newestDigest: short,
    }
  }

  #repeated(
    at: WalkPosition,
    code: 'CURSOR_REPEATED' | 'PAGE_REPEATED',
    what: string,
  ): PipelineError {
    return new PipelineError(code, `the source repeats ${what}: the walk would not end`, {
      at: { pipeline: this.#pipeline, page: at.pageNumber },
      remedy:
        'Correct `source.next` in the pipeline file, or ask the owner of the source; when it is right there, start the run with --refetch.',
    })
  }
}
