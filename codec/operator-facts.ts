import { escapeKeySegment } from './key-segment.ts'
import { version } from './version.ts'

/**
 * What stands beside every sealed object, for whoever looks into the bucket: escaped like a key
 * segment, and cut so that all together stay within what stores take as metadata.
 */
export function operatorFacts(options: {
  readonly namespace: string
  readonly encoding: string
  readonly workflowId: string | undefined
  readonly now: Date
}): Record<string, string> {
  const { namespace, encoding, workflowId, now } = options
  return {
    namespace: escapeKeySegment(namespace).slice(0, 256),
    encoding: escapeKeySegment(encoding).slice(0, 128),
    ...(workflowId === undefined
      ? {}
      : { 'workflow-id': escapeKeySegment(workflowId).slice(0, 512) }),
    created: now.toISOString(),
    'written-by': `claimcheck/${version}`,
  }
}
