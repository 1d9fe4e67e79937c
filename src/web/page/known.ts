import { toShownError } from '../api/answer-error.ts'

/** A part of a page; where it cannot be had, why, and the rest of the page is there all the same. */
export type Known<Value> =
  | { readonly kind: 'known'; readonly value: Value }
  | {
      readonly kind: 'unknown'
      readonly code: string
      readonly message: string
      readonly remedy: string
    }

/** What was found, or why not; a defect is thrown on. */
export async function known<Value>(look: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { kind: 'known', value: await look() }
  } catch (thrown) {
    const error = toShownError(thrown)
    if (error.code === 'WEB_FAILED') throw thrown
    const { code, message, remedy } = error
    return { kind: 'unknown', code, message, remedy }
  }
}
