import { StackError } from '../stack-error.ts'
import { findExecutable } from './find-executable.ts'

/** @throws StackError `STACK_SERVER_MISSING` */
export function requireExecutable(name: string, setting: string): string {
  const path = findExecutable(name)
  if (path !== undefined) return path
  throw new StackError('STACK_SERVER_MISSING', `the program ${name} is not installed`, {
    remedy: `Start through npm, as in \`npm run claimcheck\`, put ${name} on the PATH, or give a running server by ${setting}.`,
  })
}
