import type { ScheduleDifferences } from '../client/compare-schedules.ts'

/** Says on standard error where schedules are not what the files say. */
export function warnOfDifferences({ notApplied, changed, withoutFile }: ScheduleDifferences): void {
  const say = (names: readonly string[], what: string, command: string): void => {
    if (names.length === 0) return
    process.stderr.write(`${what}: ${names.join(', ')}; \`claimcheck schedule ${command}\`.\n`)
  }
  say(notApplied, 'not applied', 'apply')
  say(changed, 'changed since they were applied', 'apply')
  say(withoutFile, 'scheduled, and no file says so any more', 'rm')
}
