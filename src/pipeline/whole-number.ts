import { z } from 'zod'

/** @param unit What is counted, for the message: `of seconds`. */
export function wholeNumber(least: number, most: number, unit = '') {
  const what = unit === '' ? 'a whole number' : `a whole number ${unit}`
  const message = `must be ${what} from ${least} to ${most}`
  return z.int(message).min(least, message).max(most, message)
}
