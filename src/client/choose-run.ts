import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'

export type ChosenRun =
  | { readonly kind: 'found'; readonly workflowId: string }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }
  | { readonly kind: 'not-found' }

/**
 * The ids that a person may mean: a workflow id, or the pipeline and partition of a load. The first one
 * that is there exactly is meant; else all that begin with one of them are candidates.
 */
export function meantIds(text: string): readonly string[] {
  return [text, partitionWorkflowId(text, '').slice(0, -1)]
}

/**
 * Which of the workflow ids a person means who wrote `text`.
 *
 * @param isCutShort Whether there may be more of them: then a beginning fits none alone.
 */
export function chooseRun(
  text: string,
  workflowIds: Iterable<string>,
  isCutShort = false,
): ChosenRun {
  const meant = meantIds(text)
  const known = new Set(workflowIds)
  const exact = meant.find((id) => known.has(id))
  if (exact !== undefined) return { kind: 'found', workflowId: exact }
  const candidates = [...known].filter((id) => meant.some((beginning) => id.startsWith(beginning)))
  const [first, ...others] = candidates
  if (first === undefined) return { kind: 'not-found' }
  if (others.length > 0 || isCutShort) {
    return { kind: 'ambiguous', candidates: candidates.toSorted() }
  }
  return { kind: 'found', workflowId: first }
}
