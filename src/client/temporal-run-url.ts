import type { TemporalAddress } from '../../infra/stack/stack-addresses.ts'

/** The page of a run in the Temporal UI, where that is known. */
export function temporalRunUrl(
  {
    uiUrl,
    namespace,
  }: { readonly uiUrl?: string | undefined } & Pick<TemporalAddress, 'namespace'>,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): string | undefined {
  if (uiUrl === undefined) return undefined
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`
}
