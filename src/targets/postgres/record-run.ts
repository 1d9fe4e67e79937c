import type { CheckRequest, DiscardRequest, PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/** Notes in the catalog that a run has begun, and what its pipeline says. */
export async function recordRunBegan(_session: Session, _request: CheckRequest): Promise<void> {}

/** Notes the dataset and that its run is published, in the transaction that publishes it. */
export async function recordPublished(_session: Session, _request: PublishRequest): Promise<void> {}

/** Notes that a run ended without publishing; one that did publish stays as it is. */
export async function recordRunFailed(_session: Session, _request: DiscardRequest): Promise<void> {}
