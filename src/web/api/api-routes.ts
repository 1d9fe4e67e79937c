import type { ApiRoute } from './api-route.ts'
import { backfillRoutes } from './backfill-routes.ts'
import { callRoutes } from './call-routes.ts'
import { loadRoutes } from './load-routes.ts'
import { pipelineRoutes } from './pipeline-routes.ts'
import { reprocessRoutes } from './reprocess-routes.ts'
import { runRoutes } from './run-routes.ts'
import { scheduleRoutes } from './schedule-routes.ts'

/** Every route of the API, in the order of its document. */
export const API_ROUTES: readonly ApiRoute[] = [
  ...pipelineRoutes,
  ...loadRoutes,
  ...backfillRoutes,
  ...reprocessRoutes,
  ...callRoutes,
  ...runRoutes,
  ...scheduleRoutes,
]
