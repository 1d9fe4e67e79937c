import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import type { Cut, TcpProxy } from './random-tcp-proxy.ts'

/** What befalls a load. */
export type Kill =
  /** A session of the load is ended by its server, so long after the load or the kill before began. */
  | { readonly kind: 'terminate'; readonly afterMs: number; readonly which: number }
  | { readonly kind: 'cut'; readonly cut: Cut }
  /** Every process of the server is killed, and it starts again. */
  | { readonly kind: 'crash'; readonly afterMs: number }

export interface Killer {
  readonly proxy: TcpProxy
  /** Not by the proxy. */
  readonly client: Client
  readonly crash?: () => Promise<void>
}

const terminations = fc.record({
  kind: fc.constant('terminate' as const),
  afterMs: fc.integer({ min: 0, max: 40 }),
  which: fc.nat(7),
})

const cuts = fc.record({
  kind: fc.constant('cut' as const),
  cut: fc.record({
    at: fc.oneof(
      fc.record({ bytes: fc.oneof(fc.nat(3000), fc.nat(30_000)) }),
      fc.record({ commitOf: fc.constantFrom('migrate', 'stage', 'publish', 'publish') }),
    ),
    arrives: fc.boolean(),
    lingerMs: fc.constantFrom(0, 0, 150),
  }),
})

const crashes = fc.record({
  kind: fc.constant('crash' as const),
  afterMs: fc.integer({ min: 0, max: 60 }),
})

/** Of one load, one after another. */
export const kills: fc.Arbitrary<Kill[]> = fc.array(fc.oneof(terminations, cuts), { maxLength: 3 })
export const oneCrash: fc.Arbitrary<Kill[]> = crashes.map((crash) => [crash])

/** Lets the kills come one after another until the signal; resolves with how many came. */
export async function letCome(
  of: readonly Kill[],
  { proxy, client, crash }: Killer,
  signal: AbortSignal,
): Promise<number> {
  let came = 0
  for (const kill of of) {
    if (kill.kind === 'cut') {
      if ((await proxy.cut(kill.cut, signal)) === 'cut') came += 1
      continue
    }
    await sleep(kill.afterMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    if (kill.kind === 'terminate') {
      if (await terminate(client, kill.which, signal)) came += 1
    } else if (crash !== undefined) {
      await crash()
      came += 1
    }
  }
  return came
}

/** Ends one of the sessions that are in a transaction, as soon as there is one. */
async function terminate(client: Client, which: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rowCount } = await client.query(
      `WITH working AS (
         SELECT pid, row_number() OVER (ORDER BY pid) - 1 AS place, count(*) OVER () AS count
           FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'claimcheck %')
       SELECT pg_terminate_backend(pid) FROM working WHERE place = $1 % count`,
      [which],
    )
    if (rowCount === 1) return true
    await sleep(1)
  }
  return false
}
