import { styleText } from 'node:util'
import { CodedError } from '../../codec/coded-error.ts'
import { harmlessText } from '../inspect/blobs/looks-like-text.ts'
import { printJson } from './print-json.ts'

/**
 * What a person is told of an error: one line with its code and one with the remedy. Anything that is
 * not an error of ours is a defect and shows its stack.
 */
export function reportError(error: unknown, options: { readonly json: boolean }): void {
  if (!(error instanceof CodedError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return
  }
  const { code, message, remedy } = error
  if (options.json) printJson({ type: 'error', code, message, remedy })
  const label = styleText('red', `${code}:`, { stream: process.stderr })
  process.stderr.write(`${label} ${harmlessText(`${message}. ${remedy}`)}\n`)
}
