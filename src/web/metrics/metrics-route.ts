import { Hono } from 'hono'
import type { CodedError } from '../../../codec/index.ts'
import { answerError, toShownError } from '../api/answer-error.ts'
import { createApiAccess, type ApiAccessOptions } from '../api/api-access.ts'
import type { PageServices } from '../page/page-services.ts'
import { exposition, expositionType } from './exposition.ts'
import { pipelineMetrics } from './pipeline-metrics.ts'

export interface MetricsOptions extends ApiAccessOptions {
  readonly services: PageServices
  readonly onFailure: (error: CodedError) => void
}

/** `/metrics`, for Prometheus: how pipelines and schedules stand. Asks for the token as all else does. */
export function metricsRoute({ services, onFailure, ...accessOptions }: MetricsOptions): Hono {
  const access = createApiAccess(accessOptions)
  return new Hono().get('/metrics', async ({ req }) => {
    try {
      access.checkPlace(req.raw)
      access.checkToken(req.raw)
      const text = exposition(await pipelineMetrics(services, new Date()))
      const headers = { 'content-type': expositionType, 'cache-control': 'no-store' }
      return new Response(text, { headers })
    } catch (thrown) {
      const error = toShownError(thrown)
      onFailure(error)
      return answerError(error)
    }
  })
}
