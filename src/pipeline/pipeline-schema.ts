import { z } from 'zod'
import { afterSchema } from './after-schema.ts'
import { checksProblems } from './checks-problems.ts'
import { checksSchema } from './checks-schema.ts'
import { columnsSchema, descriptionSchema } from './columns-schema.ts'
import { incrementalProblems, incrementalSchema } from './incremental-schema.ts'
import { limitsSchema, onRejectSchema } from './limits-schema.ts'
import { parsedText } from './parsed.ts'
import { parsePipelineName } from './pipeline-name.ts'
import { retentionSchema } from './retention-schema.ts'
import { scheduleSchema } from './schedule-schema.ts'
import { sourceSchema } from './source-schema.ts'
import { targetProblems } from './target-problems.ts'
import { targetSchema } from './target-schema.ts'
import { transformSchema } from './transform-schema.ts'

/** A pipeline file, key for key as it is written. */
export const pipelineSchema = z
  .strictObject({
    name: parsedText(parsePipelineName).meta({ description: "The file's name without .yaml." }),
    description: descriptionSchema.optional().meta({ description: 'The comment of the table.' }),
    source: sourceSchema,
    columns: columnsSchema,
    schema: z.enum(['discard', 'freeze', 'evolve']).optional().meta({ default: 'discard' }),
    transform: transformSchema.optional(),
    checks: checksSchema.optional(),
    incremental: incrementalSchema.optional(),
    on_reject: onRejectSchema.prefault({}),
    on_item_failure: z.enum(['stop', 'continue']).optional().meta({
      default: 'stop',
      description: 'Whether one failed file keeps the others from being landed and converted.',
    }),
    limits: limitsSchema.prefault({}),
    target: targetSchema,
    schedule: scheduleSchema.optional(),
    after: afterSchema.optional(),
    retention: retentionSchema.optional(),
  })
  .superRefine((file, context) => {
    // What is wrong by itself is told first.
    if (context.issues.length > 0) return
    const { name, incremental, checks, source, columns, target, after = [] } = file
    const isTransformed = file.transform !== undefined
    const maxRejects = file.on_reject.max
    for (const { path, problem } of [
      ...incrementalProblems({ incremental, source, columns, isTransformed }),
      ...checksProblems({ checks, columns, isTransformed }),
      ...targetProblems({ target, columns, incremental, maxRejects, isTransformed }),
      ...after.flatMap(({ pipeline }, index) =>
        pipeline === name
          ? [{ path: ['after', String(index)], problem: 'names the pipeline itself' }]
          : [],
      ),
    ]) {
      context.addIssue({ code: 'custom', path, message: problem })
    }
  })

export type PipelineFile = z.output<typeof pipelineSchema>

/** The file format as JSON Schema, for editors. What it cannot say is checked on loading only. */
export function pipelineJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(pipelineSchema, { io: 'input' })
}
