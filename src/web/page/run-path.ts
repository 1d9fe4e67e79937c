import { html } from 'hono/html'
import type { Html } from './page.ts'
import { pathSegment } from './path-segment.ts'

/** Where a run is shown. */
export function runPagePath(workflowId: string): string {
  return `/runs/${pathSegment(workflowId)}`
}

/** A run by its id, as a link to its page. */
export function runLink(workflowId: string): Html {
  return html`<a class="mono" href="${runPagePath(workflowId)}">${workflowId}</a>`
}
