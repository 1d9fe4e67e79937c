import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { pipelineText } from './pipeline-text.ts'

const columns = '{ id: { type: bigint, key: true }, at: timestamptz, doc: jsonb, n: integer }'
const without = '{ id: bigint, at: timestamptz }'

function into(target: string, more: Readonly<Record<string, string>> = {}): string {
  return pipelineText({ columns, target: `{ kind: postgres, table: t, ${target} }`, ...more })
}

function files(target: string, more: Readonly<Record<string, string>> = {}): string {
  return pipelineText({
    columns,
    target: `{ kind: parquet, path: "s3://lake/t", ${target} }`,
    ...more,
  })
}

const fine = [
  into('mode: append', { columns: without }),
  into('mode: replace', { columns: without }),
  into('mode: merge, order_by: at, on_missing: mark, lineage: true'),
  into('mode: replace-interval, interval_column: at', { columns: without }),
  into('mode: history, on_missing: delete, allow_empty: true'),
  files('mode: replace', { columns: without }),
  files('mode: replace-interval, partition_by: [n]'),
]

test('each mode is accepted with what belongs to it', () => {
  for (const text of fine) parsePipelineFile(text, 'flights.yaml')
})

const refused: readonly (readonly [string, RegExp])[] = [
  [into('mode: merge', { columns: without }), /columns: a merge needs a key/],
  [into('mode: history', { columns: without }), /columns: a history needs a key/],
  [into('mode: merge, order_by: when'), /order_by: there is no column when/],
  [into('mode: merge, order_by: doc'), /order_by: is of type jsonb, whose values have no order/],
  [into('mode: append, order_by: at', { columns: without }), /order_by: is among rows of one key/],
  [into('mode: append, on_missing: delete'), /on_missing: is for merge and history/],
  [into('mode: history, on_missing: mark'), /on_missing: mark is for merge/],
  [
    into('mode: merge, on_missing: delete', { on_reject: '{ max: 1 }' }),
    /on_missing: takes rows away whose records were set aside/,
  ],
  [into('mode: merge, interval_column: at'), /interval_column: is for replace-interval/],
  [into('mode: replace-interval'), /mode: replace-interval needs an interval_column/],
  [into('mode: replace-interval, interval_column: id'), /interval_column: is of type bigint/],
  [
    into('mode: history', { columns: '{ id: { type: bigint, key: true }, valid_to: date }' }),
    /columns\.valid_to: is a column that the load itself writes/,
  ],
  [
    into('mode: replace', { incremental: '{ column: id, initial: 0 }' }),
    /incremental: brings what is new only/,
  ],
  [
    into('mode: replace-interval, interval_column: at', {
      incremental: '{ column: id, initial: 0 }',
    }),
    /incremental: brings what is new only/,
  ],
  [into('mode: swap'), /mode: swap is unknown/],
  [files('mode: merge'), /mode: merge is unknown; there is replace, replace-interval$/],
  [
    files('mode: replace, lineage: true'),
    /lineage: is not a key here; there are kind, path, mode, partition_by, allow_empty, s3$/,
  ],
  [files('mode: replace, partition_by: [x]'), /partition_by: there is no column x/],
  [
    pipelineText({ target: '{ kind: parquet, path: "s3://lake", mode: replace }' }),
    /path: must be a bucket and a prefix/,
  ],
  [
    pipelineText({ target: '{ kind: parquet, path: "s3://lake/a b", mode: replace }' }),
    /path: may hold letters, digits/,
  ],
]

test('what does not go together is refused, with what is wrong', () => {
  for (const [text, message] of refused) {
    assert.throws(() => parsePipelineFile(text, 'flights.yaml'), {
      code: 'PIPELINE_INVALID',
      message,
    })
  }
})
