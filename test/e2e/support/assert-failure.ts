import assert from 'node:assert/strict'
import { z } from 'zod'
import { jsonLines, type CliOutcome } from '../../support/run-cli.ts'

const errorLine = z.strictObject({
  type: z.literal('error'),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
})

export interface ExpectedFailure {
  readonly code: string
  readonly exitCode: number
  /** One for each problem, where a file has several. @default 0 */
  readonly furtherLines?: number
}

/**
 * Checks how a command with `--json` says what it failed with: one line with code and remedy on
 * standard error, the same as the last JSON line on standard output.
 */
export function assertFailure(
  outcome: CliOutcome,
  expected: ExpectedFailure,
): z.infer<typeof errorLine> {
  const said = JSON.stringify(outcome)
  assert.equal(outcome.exitCode, expected.exitCode, said)
  const failure = errorLine.parse(jsonLines(outcome).at(-1))
  assert.equal(failure.code, expected.code, said)
  assert.equal(outcome.stderr, `${failure.code}: ${failure.message}. ${failure.remedy}\n`)
  const lines = failure.message.split('\n')
  assert.equal(lines.length, 1 + (expected.furtherLines ?? 0), said)
  assert.match(failure.remedy, /^[A-Z].*\.$/)
  return failure
}
