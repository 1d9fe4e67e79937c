import type { ObjectStore } from '../codec/index.ts'
import type { DuckDb } from './conversion/duck-db.ts'
import type { ItemSource } from './item-source.ts'
import type { LoadStarter } from './load-starter.ts'
import type { LoadTarget } from './load-target.ts'
import type { PageSource } from './page-source.ts'

/** What activities need from outside; made once a worker. */
export interface ActivityPorts {
  readonly store: ObjectStore
  readonly pages: PageSource
  readonly items: ItemSource
  readonly target: LoadTarget
  readonly duckDb: DuckDb
  readonly starter: LoadStarter
}

/** What one attempt of an activity is given by the server. */
export interface Attempt {
  /** Aborted when the run is cancelled, the attempt has timed out or the worker stops. */
  readonly signal: AbortSignal
  /** Of the workflow that the activity works for. */
  readonly workflowId?: string | undefined
  readonly namespace?: string | undefined
  /** The server's clock when it gave this attempt out. */
  readonly scheduledAt?: Date | undefined
}
