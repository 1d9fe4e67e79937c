import { PipelineError } from '../../activities/index.ts'

/**
 * What ended an exchange, as an error of ours: a PipelineError as it is, anything else as a retryable
 * SOURCE_UNREACHABLE. Where the caller gave up, that is thrown instead.
 *
 * @param shown The source's URL for messages.
 */
export function sourceUnreachable(
  cause: unknown,
  {
    signal,
    shown,
    lateness,
  }: {
    readonly signal: AbortSignal
    readonly shown: string
    /** Where its time was up: which time that is. */
    readonly lateness?: string | undefined
  },
): PipelineError {
  signal.throwIfAborted()
  if (cause instanceof PipelineError) return cause
  const why = lateness ?? reason(cause)
  return new PipelineError('SOURCE_UNREACHABLE', `the source did not answer in full (${why})`, {
    at: { url: shown },
    remedy: 'Check that the source is up and that its address in the pipeline file is right.',
    retryable: true,
    cause,
  })
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
