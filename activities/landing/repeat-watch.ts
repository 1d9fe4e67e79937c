import type { WalkPosition } from '../bucket-layout.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { WalkAnchor } from './landed-batch.ts'
import type { Paging } from './next-cursor.ts'
import { shortDigest } from './short-digest.ts'

/** Page content is compared where a stuck source does not show in what pages are asked for with. */
export function comparesContent({ kind }: Paging): boolean {
  return kind === 'page' || kind === 'offset' || kind === 'link-header'
}

/** A short loop of cursors is told as such, and not by the pages that they lead to. */
const firstComparedPage = 4

/**
 * As many pages in a row may be empty where the source names each next one: filters make some, and a source
 * that names one for ever, to be asked again later, makes no end.
 */
const maxEmptyPages = 1000

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

  /**
   * Of a page that names the next cursor itself, be it another one each time: looks whether its records
   * are those of the anchor.
   *
   * @throws PipelineError PAGE_REPEATED
   */
  async atRecords(at: WalkPosition, records: Uint8Array): Promise<void> {
    const { pageNumber, cursorDigest, pageDigest }: WalkAnchor = this.#anchor ?? at
    if (at.pageNumber < firstComparedPage) return
    // Records of another length need no digest.
    const length = `${records.length}-`
    const isAnchor = pageNumber === at.pageNumber
    if (!isAnchor && pageDigest?.startsWith(length) !== true) return
    const digest = length + (await shortDigest(records))
    if (isAnchor) this.#anchor = { pageNumber, cursorDigest, pageDigest: digest }
    else if (digest === pageDigest) throw this.#repeated(at, 'PAGE_REPEATED', 'a page')
  }

  /** @throws PipelineError PAGE_LIMIT_EXCEEDED for too many pages in a row that are empty and lead further */
  atEmpty(at: WalkPosition, isEmpty: boolean): void {
    const { emptyPages = 0, ...anchor }: WalkAnchor = this.#anchor ?? at
    this.#anchor = isEmpty ? { ...anchor, emptyPages: emptyPages + 1 } : anchor
    if (!isEmpty || emptyPages < maxEmptyPages) return
    throw new PipelineError(
      'PAGE_LIMIT_EXCEEDED',
      `the source goes on after ${maxEmptyPages} pages in a row without records`,
      {
        at: { pipeline: this.#pipeline, page: at.pageNumber },
        remedy:
          'Correct `source.next` in the pipeline file, or ask the owner of the source; where a filter leaves so many pages empty, say by `limits.max_pages` how far the walk may go.',
      },
    )
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
