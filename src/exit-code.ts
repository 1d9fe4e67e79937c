import { CommanderError } from '@commander-js/extra-typings'
import { CodedError } from '../codec/coded-error.ts'

/** What each exit code of the command line means; scripts may rely on it. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  damage: 3,
  notFound: 4,
  unreachable: 5,
} as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** First match wins; by ending, so that a new room's codes need no entry here. */
const RULES: readonly (readonly [RegExp, ExitCode])[] = [
  [/_UNREACHABLE$/, EXIT_CODES.unreachable],
  [/_NOT_FOUND$/, EXIT_CODES.notFound],
  // A claim names it, and it is not there.
  [/^(BLOB|OBJECT)_MISSING$/, EXIT_CODES.notFound],
  [/_DAMAGED$/, EXIT_CODES.damage],
  [
    /^(PIPELINE_INVALID|PARTITION_INVALID|BACKFILL_INVALID|TARGET_INVALID|COLUMN_VALUE_INVALID|BLOB_NOT_PART|BLOB_NAME_INVALID|DECODE_INPUT_INVALID|OUTPUT_BINARY|AFTER_CYCLE)$/,
    EXIT_CODES.usage,
  ],
  [/_AMBIGUOUS$/, EXIT_CODES.usage],
  [/(^|_)SETTING_(INVALID|MISSING)$/, EXIT_CODES.usage],
]

/** The code that a command which ended in this error exits with. */
export function exitCodeOf(error: unknown): ExitCode {
  // Commander throws for `--help` too, and that is no failure.
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
  if (!(error instanceof CodedError)) return EXIT_CODES.failed
  const rule = RULES.find(([pattern]) => pattern.test(error.code))
  return rule === undefined ? EXIT_CODES.failed : rule[1]
}
