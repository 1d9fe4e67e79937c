import { html } from 'hono/html'
import {
  defaultGraceMs,
  GarbageTally,
  planGarbage,
  type GarbageSummary,
} from '../../../activities/index.ts'
import { formatBytes, formatCount } from '../../format-number.ts'
import { known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { shownKnown, shownTable, shownText } from './shown.ts'

/** What nothing needs any more. Only says so: `claimcheck gc --apply` deletes. */
export const garbagePage = page({
  path: '/gc',
  async data({ query: { plan } }, services) {
    return { plan: plan === undefined ? undefined : await known(() => summaryOf(services)) }
  },
  content({ plan }) {
    return {
      title: 'Garbage',
      body: html`<h1>Garbage</h1>
        <p>
          What no history, schedule, pipeline or run needs any more. Nothing is deleted here:
          <code>claimcheck gc --apply</code> does that, and the nightly <code>retention</code> run
          where it is scheduled.
        </p>
        ${
          plan === undefined
            ? html`<form method="get" action="/gc">
                <input type="hidden" name="plan" value="1" />
                <button>Look for garbage</button>
              </form>`
            : shownKnown(plan, shownSummary)
        }`,
    }
  },
})

async function summaryOf(services: PageServices): Promise<GarbageSummary> {
  const garbage = services.openGarbage(await services.client())
  const { signal } = services
  const tally = new GarbageTally()
  try {
    const sources = garbage.garbageSources({ graceMs: defaultGraceMs })
    for await (const finding of planGarbage(sources, { now: new Date(), signal })) {
      tally.add(finding)
    }
    return tally.summary()
  } finally {
    await garbage.close()
  }
}

function shownSummary({ objects, sizeBytes, groups, kept, furtherKept }: GarbageSummary): Html {
  return html`<div class="cards">
      <div class="card"><b>${formatCount(objects)}</b><span>objects</span></div>
      <div class="card"><b>${formatBytes(sizeBytes)}</b><span>stored</span></div>
    </div>
    <h2>What may go</h2>
    ${shownTable({
      caption: 'Garbage',
      header: ['Kind', 'Of', 'Objects', 'Size', 'Why'],
      rows: groups.map((group) => [
        group.kind,
        group.group,
        group.objects,
        { bytes: group.sizeBytes },
        shownText(group.reason),
      ]),
      nothing: 'Nothing: everything is needed, or too young to tell.',
    })}
    <h2>What stays</h2>
    ${shownTable({ caption: 'What is kept, and why', header: ['Kind', 'What', 'Why'], rows: kept.map(({ kind, subject, reason }) => [kind, subject, shownText(reason)]), nothing: 'There is nothing worth saying.' })}
    ${furtherKept === 0 ? '' : html`<p class="nothing">And ${formatCount(furtherKept)} more.</p>`}`
}
