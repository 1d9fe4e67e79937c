import type { TestEvent } from 'node:test/reporters'

/** A reporter of node's test runner that says nothing but the counts, as JSON. */
export default async function* countReporter(
  source: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  for await (const event of source) {
    // The summary of all files names none.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue
    yield JSON.stringify({ ...event.data.counts, duration_ms: event.data.duration_ms })
  }
}
