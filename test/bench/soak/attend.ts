export interface Attended {
  /** Aborts when the soak says that it is over. */
  readonly signal: AbortSignal
  readonly tell: (message: unknown) => void
}

/** Of a process that a soak has started: does what that says, and ends where it is gone. */
export function attend(): Attended {
  const over = new AbortController()
  process.on('message', () => over.abort())
  process.on('disconnect', () => process.exit(1))
  return { signal: over.signal, tell: (message) => void process.send?.(message) }
}
