import { createHash } from 'node:crypto'
import type { FaultPlan, FaultRule } from './fault-plan.ts'
import type { Selection } from './selection.ts'

export type RuleOf<Kind extends FaultRule['kind']> = Extract<FaultRule, { kind: Kind }>

/** A record to damage: the 0-based row of its table. */
export interface Damage {
  readonly row: number
  readonly column: string
  readonly value: unknown
}

/** What goes wrong with one answer. */
export interface Verdict {
  readonly latencyMs: number
  readonly damages: readonly Damage[]
  readonly breakage: RuleOf<'status'> | RuleOf<'cut'> | RuleOf<'stall'> | undefined
}

/** Decides request by request what goes wrong. Rules that count are deterministic. */
export class FaultInjector {
  readonly #plan: FaultPlan
  readonly #rules: { rule: FaultRule; seen: Map<string, number>; fired: number }[]

  constructor(plan: FaultPlan) {
    this.#plan = plan
    this.#rules = plan.rules.map((rule) => ({ rule, seen: new Map(), fired: 0 }))
  }

  /** The plan, and how often each of its rules has fired. */
  describe(): { latencyMs: number; rules: (FaultRule & { fired: number })[] } {
    const rules = this.#rules.map(({ rule, fired }) => ({ ...rule, fired }))
    return { latencyMs: this.#plan.latencyMs, rules }
  }

  /** @param target The request's path and query, percent-decoded. */
  decide(target: string, selection: Selection): Verdict {
    let latencyMs = this.#plan.latencyMs
    let breakage: Verdict['breakage']
    const damages: Damage[] = []
    for (const entry of this.#rules) {
      const { rule } = entry
      // Only one thing can break an answer; a rule that comes too late keeps its turn.
      const breaks = rule.kind === 'status' || rule.kind === 'cut' || rule.kind === 'stall'
      if (breaks && breakage) continue
      if (!matches(rule, target, selection)) continue
      const countedBy = rule.per === 'page' ? selection.key : ''
      const seen = (entry.seen.get(countedBy) ?? 0) + 1
      entry.seen.set(countedBy, seen)
      if (!fires(rule, countedBy, seen - rule.skip)) continue
      entry.fired += 1
      if (rule.kind === 'latency') latencyMs += rule.latencyMs
      else if (rule.kind === 'malformed-value') {
        const row = rule.row === undefined ? selection.from : rule.row - 1
        damages.push({ row, column: rule.column, value: rule.value })
      } else breakage = rule
    }
    return { latencyMs, damages, breakage }
  }
}

function matches(rule: FaultRule, target: string, { from, to }: Selection): boolean {
  if (rule.match !== undefined && !target.includes(rule.match)) return false
  if (rule.pattern !== undefined && !RegExp(rule.pattern).test(target)) return false
  if (rule.row !== undefined) return rule.row > from && rule.row <= to
  // An empty answer has no record to damage.
  return rule.kind !== 'malformed-value' || from < to
}

/** @param turn Which of the counted requests this is, from 1; below 1 it is skipped. */
function fires(rule: FaultRule, countedBy: string, turn: number): boolean {
  if (turn < 1) return false
  if (rule.every !== undefined) return turn % rule.every === 0
  if (rule.times !== undefined) return turn <= rule.times
  if (rule.probability === undefined) return true
  const hash = createHash('sha256').update(`${rule.seed}:${turn}:${countedBy}`).digest()
  return hash.readUInt32BE() / 2 ** 32 < rule.probability
}
