/** Flags of Node for workers, e.g. `--cpu-prof`, to look closer at them. */
export function workerFlags(): string[] {
  return (process.env['BENCH_WORKER_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '')
}
