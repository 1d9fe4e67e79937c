import { DefaultFailureConverter } from '@temporalio/common'

/**
 * Puts message and stack of a failure into a payload, which the codec encrypts. Under this name
 * Temporal looks for it, in the workflow's isolate as well: no other import may stand here.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
