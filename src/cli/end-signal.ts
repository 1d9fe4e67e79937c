/**
 * Aborts when the process is told to end: by a signal (Ctrl-C included) or, where its life is tied to
 * a parent, when standard input closes.
 */
export function endSignal(options: { readonly attached?: boolean } = {}): AbortSignal {
  const controller = new AbortController()
  const end = (): void => controller.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  if (options.attached === true) {
    process.stdin.on('end', end)
    process.stdin.on('error', end)
    process.stdin.resume()
    process.stdin.unref?.()
  }
  return controller.signal
}
