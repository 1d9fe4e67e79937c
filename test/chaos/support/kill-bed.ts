import assert from 'node:assert/strict'
import type { LoadHandle } from '../../../src/client/start-load.ts'
import { openLoadBed, type LoadBed } from '../../support/load-bed.ts'
import { sourceDigest, tableDigest } from '../../support/oracle.ts'
import { tableOf, uniqueName } from '../../support/pipeline-fixture.ts'
import { attemptsOf, chainOfHistories } from '../../support/run-histories.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { assertFetchedOnce, killWorker, type Kill } from './kill-worker.ts'

const day = { since: '2001-01-01', until: '2001-01-02' }

/** One load, one worker at a time, and a database and source that no other case sees. */
export class KillBed implements AsyncDisposable {
  readonly bed: LoadBed
  readonly pipeline = uniqueName('killed')
  worker: WorkerProcess

  private constructor(bed: LoadBed, worker: WorkerProcess) {
    this.bed = bed
    this.worker = worker
  }

  static async open(): Promise<KillBed> {
    const bed = await openLoadBed()
    try {
      return new KillBed(bed, await bed.startWorker())
    } catch (error) {
      await bed.close()
      throw error
    }
  }

  /** Ends the worker and starts none. */
  kill(how: 'kill' | 'stop' = 'kill'): Promise<Kill> {
    return killWorker(this.bed, this.worker, this.pipeline, how)
  }

  async replace(): Promise<void> {
    this.worker = await this.bed.startWorker()
  }

  async killAndReplace(how: 'kill' | 'stop' = 'kill'): Promise<Kill> {
    const kill = await this.kill(how)
    await this.replace()
    return kill
  }

  /** Waits for the end: the rows are the source's, published once, and nothing staged is left. */
  async assertLoadedOnce(
    load: LoadHandle,
    kills: readonly Kill[],
    interval: { readonly since: string; readonly until: string } = day,
  ): Promise<void> {
    const { bed, pipeline } = this
    await load.result()
    assert.deepEqual(
      await tableDigest(bed.database, tableOf(pipeline)),
      await sourceDigest(interval),
    )
    const loads = await bed.database.query('SELECT FROM claimcheck.loads WHERE pipeline = $1', [
      pipeline,
    ])
    assert.equal(loads.length, 1)
    assert.deepEqual(
      await bed.database.query(`SELECT FROM claimcheck.staged_parts
        UNION ALL SELECT FROM pg_tables WHERE schemaname = 'claimcheck_staging'`),
      [],
    )
    assertFetchedOnce(bed, kills)
  }

  /** Of each call of the activity, in order. */
  async attempts(load: LoadHandle, activityType: string): Promise<number[]> {
    const { workflowId, runId } = load
    const histories = await chainOfHistories(this.bed.client, workflowId, runId)
    return attemptsOf(histories, activityType)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed.close()
  }
}
