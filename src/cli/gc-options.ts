import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { defaultGraceMs } from '../../activities/retention/retention-rule.ts'
import { garbageKinds } from '../../activities/retention/garbage.ts'
import { parseDuration } from '../pipeline/duration.ts'
import { wholeNumber } from './whole-number.ts'

const defaultMaxDelete = 10_000
const defaultApprovalMs = 20 * 3_600_000

export function kindOption() {
  return new Option('--kind <kind...>', 'of these kinds only').choices(garbageKinds)
}

export function graceOption() {
  return new Option('--grace <time>', 'how much longer than Temporal keeps runs: 7d')
    .argParser(readDuration)
    .default(defaultGraceMs, '7d')
}

export function maxDeleteOption() {
  return new Option('--max-delete <number>', 'refuse to delete more objects than that')
    .argParser(wholeNumber({ least: 0 }))
    .default(defaultMaxDelete)
}

export function approvalOption() {
  return new Option('--approval <time>', 'how long the plan waits to be approved')
    .argParser(readDuration)
    .default(defaultApprovalMs, '20h')
}

function readDuration(text: string): number {
  const parsed = parseDuration(text)
  if ('value' in parsed) return parsed.value
  throw new InvalidArgumentError(`It ${parsed.problem}.`)
}
