/**
 * The result of a run as people look at it: of a call without the body of the answer, which may be large
 * and is to be asked for by itself.
 */
export function withoutBody(type: string, result: unknown): unknown {
  if (type !== 'callEndpoint' || typeof result !== 'object' || result === null) return result
  return Object.fromEntries(Object.entries(result).filter(([name]) => name !== 'body'))
}
