import { requireNamespace, type NamespaceMarkPorts } from './namespace-mark.ts'
import type { RetentionHistories } from './retention-histories.ts'
import { decided } from './undecided.ts'

/**
 * How long the connected server keeps runs that have ended, once it is certain that the objects of its
 * namespace are its own; in milliseconds.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export async function runsKeptForMs(
  {
    store,
    histories,
  }: Pick<NamespaceMarkPorts, 'store'> & { readonly histories: RetentionHistories },
  signal: AbortSignal,
): Promise<number> {
  await requireNamespace({ store, histories }, signal)
  return decided('Temporal does not say how long it keeps runs', signal, () =>
    histories.retentionMs({ signal }),
  )
}
