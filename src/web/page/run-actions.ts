import { z } from 'zod'
import { controlRun, RUN_CONTROLS } from '../../client/control-run.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import type { PageServices } from './page-services.ts'
import { runPagePath } from './run-path.ts'

const controlSchema = z.enum(RUN_CONTROLS)

/** Where the buttons of a run's page lead: each does what it says, and shows the run again. */
export async function actOnRun(
  { id = '', control }: { readonly id?: string; readonly control?: string },
  services: PageServices,
): Promise<Response> {
  const chosen = controlSchema.safeParse(control)
  if (!chosen.success) throw requestInvalid('the run has no such button')
  const client = await services.client()
  await askTemporal(client, () => controlRun(client, id, chosen.data))
  return new Response(null, { status: 303, headers: { location: runPagePath(id) } })
}
