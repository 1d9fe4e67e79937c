import type { PageServices } from '../page/page-services.ts'
import { exposition, expositionType } from './exposition.ts'
import { pipelineMetrics } from './pipeline-metrics.ts'

/** `/metrics`, for Prometheus: how pipelines and schedules stand. */
export async function answerMetrics(services: PageServices): Promise<Response> {
  const text = exposition(await pipelineMetrics(services, new Date()))
  return new Response(text, {
    headers: { 'content-type': expositionType, 'cache-control': 'no-store' },
  })
}
