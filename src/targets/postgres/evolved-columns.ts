import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import type { PublishRequest, TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/** The undeclared columns that earlier loads of the pipeline have brought into the table. */
export async function readEvolvedColumns(
  _session: Session,
  _request: TargetRequest & { readonly pipeline: string },
): Promise<readonly ColumnDefinition[]> {
  return []
}

/** Keeps them for the next load, in the session's transaction. */
export async function recordEvolvedColumns(
  _session: Session,
  _request: PublishRequest,
): Promise<void> {}
