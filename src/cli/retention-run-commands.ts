import type { Command } from '@commander-js/extra-typings'
import { resolveRun } from '../client/resolve-run.ts'
import { approveRetention, startRetention } from '../client/start-retention.ts'
import { readSettings } from '../config/read-settings.ts'
import { formatCount } from '../format-number.ts'
import { endSignal } from './end-signal.ts'
import { approvalOption, graceOption, kindOption, maxDeleteOption } from './gc-options.ts'
import { printJson } from './print-json.ts'
import { withSchedules } from './schedule-session.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

/** `retention start` and `retention approve`: a worker does it, a person says yes. */
export function addRetentionRunCommands(group: Command): void {
  group
    .command('start')
    .description('let a worker look for garbage; it waits to be approved, then deletes')
    .addOption(kindOption())
    .addOption(graceOption())
    .addOption(maxDeleteOption())
    .addOption(approvalOption())
    .option('--auto-approve', 'delete without asking')
    .option('--json', 'print one JSON object')
    .action(async (options) => {
      const { kind: kinds, grace: graceMs, maxDelete, approval: approvalMs } = options
      const { autoApprove = false, json = false } = options
      const { taskQueue } = readSettings(process.env)
      const input = { kinds, graceMs, maxDelete, approvalMs, autoApprove }
      await withSchedules(async ({ client }) => {
        const request = { input, taskQueue, now: new Date() }
        const { workflowId, joined } = await startRetention(client, request)
        const type = joined ? 'joined' : 'started'
        if (json) printJson({ type, workflowId })
        else process.stderr.write(`${type} ${workflowId}\n`)
        await warnWithoutWorker(client, taskQueue)
      })
    })
  group
    .command('approve')
    .description('let what a worker has planned be deleted')
    .argument('[run]', 'its workflow id or how that begins, where several wait')
    .option('--json', 'print one JSON object')
    .action(async (run, { json = false }) => {
      await withSchedules(async ({ client }) => {
        const workflowId = run === undefined ? undefined : await resolveRun(client, run)
        const request = { workflowId, signal: endSignal() }
        const approved = await approveRetention(client, request)
        const { progress } = approved
        if (json) printJson({ ...progress, type: 'approved', workflowId: approved.workflowId })
        else {
          process.stderr.write(
            `approved: ${approved.workflowId} deletes ${formatCount(progress.objects ?? 0)} objects by ${progress.plan ?? ''}\n`,
          )
        }
      })
    })
}
