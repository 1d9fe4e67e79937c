import { z } from 'zod'
import type { RetentionDefinition } from '../../activities/pipeline-definition.ts'
import { wholeNumber } from './whole-number.ts'

const mostDays = 36_500

/** What may be deleted of what runs have left, once it is not needed any more. Without it nothing is. */
export const retentionSchema = z
  .strictObject({
    datasets: z
      .strictObject({
        keep: wholeNumber(1, 100_000).optional().meta({
          description: 'So many of each partition stay, the newest, however old they are.',
        }),
        days: days().optional().meta({
          description: 'All stay that were made in so many days.',
        }),
      })
      .refine(
        ({ keep, days: age }) => keep !== undefined || age !== undefined,
        'says neither `keep` nor `days`',
      )
      .optional()
      .meta({ description: 'Sealed datasets: one goes when neither `keep` nor `days` keeps it.' }),
    landings: z
      .strictObject({ days: days() })
      .optional()
      .meta({ description: 'What sources have sent goes when it was not used for so many days.' }),
    unfinished: z.strictObject({ days: days() }).optional().meta({
      description:
        'What runs have left that were given up, with landings that no sealed dataset was made of.',
    }),
    keep_last_good: z.boolean().optional().meta({
      default: true,
      description: 'The dataset of each partition that was loaded last stays in any case.',
    }),
  })
  .superRefine(({ datasets, landings, unfinished, keep_last_good: keepsLast }, context) => {
    if (context.issues.length > 0) return
    if (datasets === undefined && keepsLast !== undefined) {
      const message = 'says something only beside `datasets`'
      context.addIssue({ code: 'custom', path: ['keep_last_good'], message })
    } else if ([datasets, landings, unfinished].every((rule) => rule === undefined)) {
      const message = 'has no rule: there are datasets, landings, unfinished'
      context.addIssue({ code: 'custom', message })
    }
  })

function days() {
  return wholeNumber(1, mostDays, 'of days')
}

export function toRetention(file: z.output<typeof retentionSchema>): RetentionDefinition {
  const { datasets, landings, unfinished, keep_last_good: keepLastGood } = file
  return {
    ...(datasets === undefined ? {} : { datasets: { ...datasets } }),
    ...(landings === undefined ? {} : { landings: { days: landings.days } }),
    ...(unfinished === undefined ? {} : { unfinished: { days: unfinished.days } }),
    ...(keepLastGood === undefined ? {} : { keepLastGood }),
  }
}
