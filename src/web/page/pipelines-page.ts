import { html } from 'hono/html'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import type { ScheduleStatus } from '../../client/schedule-status.ts'
import { shownPipeline } from '../api/pipeline-routes.ts'
import { known } from './known.ts'
import { page } from './page.ts'
import type { PageServices } from './page-services.ts'
import { pipelinePath } from './partition-strip.ts'
import { shownKnown, shownState, shownTable, shownTime } from './shown.ts'
import {
  shownUnreadable,
  unreadableSchedules,
  type UnreadableSchedule,
} from './unreadable-schedules.ts'

/** The pipeline files, and the schedules that were applied from them. */
export const pipelinesPage = page({
  path: '/pipelines',
  isOfApi: true,
  async data(_, services) {
    const [listed, schedules] = await Promise.all([
      listPipelines(services.directories),
      known(() => schedulesOf(services)),
    ])
    return { pipelines: listed.map(shownPipeline), schedules }
  },
  content({ pipelines, schedules }) {
    return {
      title: 'Pipelines',
      refreshSeconds: 60,
      body: html`<h1>Pipelines</h1>
        ${shownTable({
          caption: 'Pipelines',
          header: ['Pipeline', 'Source', 'Loads', 'After'],
          rows: pipelines.map(({ name, description, source, target, after = [], problem }) => [
            html`<a href="${pipelinePath(name)}">${name}</a
              >${description && html`<br /><span class="nothing">${description}</span>`}`,
            source,
            problem === undefined
              ? html`<code>${target?.place}</code> ${target?.mode}`
              : html`${shownState('wrong')} <code>${problem.code}</code><br /><span class="lines"
                    >${problem.message}</span
                  >`,
            after.join(', '),
          ]),
          nothing: 'There is no pipeline file in the searched directories.',
        })}
        <h2>Schedules</h2>
        <div id="schedules" data-live>
          ${shownKnown(
            schedules,
            ({ statuses, unreadable }) =>
              html`${unreadable.map(shownUnreadable)}
              ${shownTable({
                caption: 'Schedules',
                header: [
                  'Pipeline',
                  'State',
                  'Next',
                  'Last tick',
                  'Due so far',
                  'Not loaded',
                  'Time zone',
                ],
                rows: statuses.map((status) => [
                  html`<a href="${pipelinePath(status.pipeline)}">${status.pipeline}</a>`,
                  shownState(status.paused ? 'paused' : 'active'),
                  shownTime(status.next),
                  shownTime(status.lastTick),
                  status.dueCount,
                  status.missed.length,
                  status.timezone,
                ]),
                nothing: 'No schedule is applied.',
              })}`,
          )}
        </div>`,
    }
  },
})

async function schedulesOf({ scheduleReadings }: PageServices): Promise<{
  readonly statuses: readonly ScheduleStatus[]
  readonly unreadable: readonly UnreadableSchedule[]
}> {
  const readings = await scheduleReadings()
  const statuses = readings.flatMap((reading) => (reading.kind === 'read' ? [reading.status] : []))
  return { statuses, unreadable: unreadableSchedules(readings) }
}
