import { PipelineError, type PipelineErrorCode } from '../../activities/pipeline-error.ts'

export interface RefusedAnswer {
  /** `the source`, say. */
  readonly who: string
  readonly status: number
  readonly at: Readonly<Record<string, string>>
  readonly remedy: { readonly ifBusy: string; readonly else: string }
}

/** What an answer that is not 200 comes to: trying again helps where it says that it is busy or ill. */
export function refusedAnswer({ who, status, at, remedy }: RefusedAnswer): PipelineError {
  const isBusy = status === 429 || status === 408 || status >= 500
  const code: PipelineErrorCode = isBusy ? 'SOURCE_UNREACHABLE' : 'SOURCE_REFUSED'
  return new PipelineError(code, `${who} answers ${status}`, {
    at,
    remedy: isBusy ? remedy.ifBusy : remedy.else,
    retryable: isBusy,
  })
}
