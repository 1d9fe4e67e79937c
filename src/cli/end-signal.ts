/** What comes sooner is the first one again: a terminal tells every process of a command, npm once more. */
const sameSignalMs = 1_000

/**
 * Aborts when the process is told to end: by a signal (Ctrl-C included) or, where its life is tied to
 * a parent, when standard input closes. Whoever tells it a second time ends it at once.
 */
export function endSignal(options: { readonly attached?: boolean } = {}): AbortSignal {
  const controller = new AbortController()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let endedAtMs: number | undefined
  const end = (): void => {
    endedAtMs ??= performance.now()
    controller.abort()
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (endedAtMs !== undefined && performance.now() - endedAtMs > sameSignalMs) {
      // Without a listener the signal does what it always does.
      for (const each of signals) process.off(each, onSignal)
      process.kill(process.pid, signal)
    }
    end()
  }
  for (const signal of signals) process.on(signal, onSignal)
  if (options.attached === true) {
    process.stdin.on('end', end)
    process.stdin.on('error', end)
    process.stdin.resume()
    process.stdin.unref?.()
  }
  return controller.signal
}
