import assert from 'node:assert/strict'
import type { Client } from 'pg'
import type { LoadTarget, PlanOutcome } from '../../../activities/load-target.ts'
import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { OracleOutcome } from './random-oracle.ts'
import type { SampleLoad } from './sample-load.ts'

/** Plans the load, and compares that with what is wanted of it; the table stays as it is, row by row. */
export async function assertPlanned(
  {
    target,
    client,
  }: { readonly target: LoadTarget<PostgresTargetDefinition>; readonly client: Client },
  load: SampleLoad,
  wanted: OracleOutcome,
): Promise<void> {
  const before = await rowPlaces(client, load)
  try {
    const planned = await planOf(target, load)
    if (planned.kind !== 'planned') assert.fail(planned.kind)
    assert.deepEqual(planned.plan.counts, wanted)
    assert.equal(planned.plan.rowsBefore, before?.length ?? null)
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    assert.deepEqual({ refused: error.code }, wanted)
  } finally {
    await target.discard(load.request)
  }
  assert.deepEqual(await rowPlaces(client, load), before)
}

async function planOf(
  target: LoadTarget<PostgresTargetDefinition>,
  load: SampleLoad,
): Promise<PlanOutcome> {
  await target.check({ ...load.request, planOnly: true })
  await load.stage(target)
  const planned = await target.plan?.(load.request)
  return planned ?? assert.fail('it plans nothing')
}

/** Which version of each row stands where; undefined where there is no table. */
async function rowPlaces(client: Client, load: SampleLoad): Promise<string[] | undefined> {
  const { schema, table } = load.request.target
  const found = await client.query<{ name: string | null }>(
    `SELECT to_regclass(format('%I.%I', $1::text, $2::text))::text AS name`,
    [schema, table],
  )
  const name = found.rows[0]?.name ?? null
  if (name === null) return undefined
  const { rows } = await client.query<{ place: string }>(
    `SELECT tableoid || ' ' || ctid || ' ' || xmin || ' ' || xmax AS place FROM ${name} ORDER BY 1`,
  )
  return rows.map(({ place }) => place)
}
