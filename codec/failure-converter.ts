import {
  ApplicationFailure,
  DefaultFailureConverter,
  type PayloadConverter,
  type ProtoFailure,
  type SerializationContext,
} from '@temporalio/common'

/**
 * Puts message and stack of a failure into a payload, which the codec encrypts. Those of the codec's
 * own errors stay readable, as operators have to know of a missing key without having the right one;
 * they hold no data and no secret.
 */
class SealingFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true })
  }

  override errorToFailure(
    error: unknown,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure {
    const failure = super.errorToFailure(error, payloadConverter, context)
    if (!isOfCodec(error)) return failure
    return { ...failure, message: error.message, encodedAttributes: null }
  }
}

/** A `ClaimCheckError`, or the failure that an activity makes of one (see `toActivityFailure`). */
function isOfCodec(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if (error.name === 'ClaimCheckError') return true
  const { cause } = error
  const isMadeOfOne = error instanceof ApplicationFailure && isOfCodec(cause) && 'remedy' in cause
  return isMadeOfOne && error.message === `${cause.message}. ${String(cause.remedy)}`
}

/** Temporal looks for this name, in the workflow's isolate as well: no import of ours may stand here. */
export const failureConverter = new SealingFailureConverter()
