import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { Resource } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
} from '@temporalio/interceptors-opentelemetry'
import type { WorkerOptions } from '@temporalio/worker'

export interface Tracing {
  /** For workers whose workflows are bundled with `traces`. */
  readonly options: Pick<WorkerOptions, 'sinks' | 'interceptors'>
  /** Sends what has not been sent, if it can. */
  close(): Promise<void>
}

/**
 * Spans of workflows and activities, sent in batches by OTLP over HTTP, as JSON. A collector that is
 * away costs spans, and no load waits for it.
 *
 * @param url Of the collector's traces, e.g. `http://127.0.0.1:4318/v1/traces`
 */
export function openTracing(url: string): Tracing {
  const resource = new Resource({ 'service.name': 'claimcheck' })
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url }))
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] })
  // Once a process: what activities are handed of their workflow's span is read by what is registered.
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() })
  const tracer = provider.getTracer('claimcheck')
  return {
    options: {
      sinks: { exporter: makeWorkflowExporter(spanProcessor, resource) },
      interceptors: {
        activity: [
          (context) => ({
            inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }),
          }),
        ],
      },
    },
    // What cannot be sent now never will be: its worker ends well all the same.
    close: () => provider.shutdown().catch(() => undefined),
  }
}
