import { digestOf } from '../codec/index.ts'
import type { SourceDefinition } from './source-definition.ts'
import type { SourceSlice } from './source-slice.ts'

/**
 * Names what a source is asked for: a landing belongs to it. References are not resolved here, so no
 * secret has a part in the name, and how fast the source is asked changes nothing of what it says.
 */
export async function fetchKeyOf(source: SourceDefinition, slice: SourceSlice): Promise<string> {
  const { interval, highWaterMark } = slice
  const asked: unknown[] = [whatIsAsked(source), interval]
  if (source.kind !== 'http') asked.push(slice.partition)
  if (highWaterMark !== undefined) asked.push(highWaterMark)
  return (await digestOf(Buffer.from(JSON.stringify(asked)))).slice(0, 16)
}

function whatIsAsked(source: SourceDefinition): unknown {
  if (source.kind !== 'http') return source
  const { rate: _rate, timeoutMs: _timeoutMs, concurrency: _concurrency, ...what } = source
  return what
}
