import { html } from 'hono/html'
import type { Html } from './page.ts'

/** What becomes of partitions that were due and are not loaded: below a list of them. */
export const catchUpHint: Html = html`<p class="nothing">
  The next tick of the schedule takes what is due. What is missing is older than its catchup:
  <code>claimcheck backfill</code> loads that.
</p>`
