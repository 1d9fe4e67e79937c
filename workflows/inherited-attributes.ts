import { workflowInfo } from '@temporalio/workflow'
import type { SearchAttributePair } from '@temporalio/common'

/** The search attributes of this run that its children are found by too; none where the namespace has none. */
export function inheritedAttributes(): SearchAttributePair[] {
  return workflowInfo()
    .typedSearchAttributes.getAll()
    .filter(({ key }) => key.name.startsWith('Claimcheck'))
}
