import type { MetricMeter } from '@temporalio/common'
import type { CodecListener } from '../../codec/index.ts'

export interface CodecCounters {
  readonly onEvent: CodecListener
  /** Hears of each try at the store that is made again. */
  readonly onRetry: () => void
}

/** What is counted of payloads; each is a Prometheus counter `claimcheck_…_total`. */
export const CODEC_COUNTERS = {
  blobs_parked: 'Payloads that were sent to the store',
  parked_bytes: 'Bytes of them as they are stored',
  parked_plain_bytes: 'Bytes of them before compression',
  blobs_deduplicated: 'Payloads that were in the store already',
  blobs_fetched: 'Payloads that were fetched from the store',
  fetched_bytes: 'Bytes of them as they are stored',
  blobs_cached: 'Payloads that were at hand and were not fetched',
  store_retries: 'Requests to the store that were made again in place',
} as const

/** Counts what the codec and the store beneath it do, in the metrics of the worker. */
export function countCodec(meter: MetricMeter): CodecCounters {
  const counter = (name: keyof typeof CODEC_COUNTERS) =>
    meter.createCounter(`claimcheck_${name}`, undefined, CODEC_COUNTERS[name])
  const parked = counter('blobs_parked')
  const parkedBytes = counter('parked_bytes')
  const plainBytes = counter('parked_plain_bytes')
  const deduplicated = counter('blobs_deduplicated')
  const fetched = counter('blobs_fetched')
  const fetchedBytes = counter('fetched_bytes')
  const cached = counter('blobs_cached')
  const retried = counter('store_retries')
  return {
    onEvent(event) {
      switch (event.kind) {
        case 'parked':
          parked.add(1)
          parkedBytes.add(event.storedBytes)
          plainBytes.add(event.plainBytes)
          break
        case 'deduplicated':
          deduplicated.add(1)
          break
        case 'fetched':
          fetched.add(1)
          fetchedBytes.add(event.storedBytes)
          break
        case 'cached':
          cached.add(1)
          break
      }
    },
    onRetry: () => retried.add(1),
  }
}
