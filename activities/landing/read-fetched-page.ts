import type { FetchedPage } from '../page-source.ts'
import { PipelineError } from '../pipeline-error.ts'
import { readPage, type PageEnvelope, type PageShape } from './read-page.ts'

/** Reads a page; an error about it also says how the source answered. @throws as `readPage` */
export function readFetchedPage(
  { body, answer }: Pick<FetchedPage, 'body' | 'answer'>,
  shape: PageShape,
): PageEnvelope {
  try {
    return readPage(body, shape)
  } catch (error) {
    if (answer === undefined || !(error instanceof PipelineError)) throw error
    const { code, message, remedy, retryable } = error
    throw new PipelineError(code, message, { remedy, retryable, at: answer, cause: error })
  }
}
