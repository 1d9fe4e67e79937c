import type { PipelineDefinition } from '../../activities/index.ts'

/** A definition of which a test reads no more than its name and what it changes. */
export function plainDefinition(
  name: string,
  change: Partial<PipelineDefinition> = {},
): PipelineDefinition {
  return {
    name,
    source: {
      kind: 'http',
      url: '',
      query: {},
      headers: {},
      format: 'json',
      records: [],
      next: { kind: 'none' },
    },
    columns: [],
    onReject: { max: 0 },
    target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
    limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 3 },
    ...change,
  }
}
