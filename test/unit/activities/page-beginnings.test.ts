import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { PageReader } from '../../../activities/landing/page-reader.ts'
import type { TextFormat } from '../../../activities/index.ts'

const formats = ['json', 'ndjson', 'csv'] as const

async function firstPage(format: TextFormat, body: Buffer | string): Promise<string | undefined> {
  const stream = {
    isSeekable: true,
    async *read() {
      yield Buffer.from(body)
    },
  }
  const { signal } = new AbortController()
  const sizes = { targetBytes: 1000, pageBytes: 1000 }
  const reader = new PageReader(stream, { item: 'a', format, ...sizes, signal })
  try {
    return (await reader.pageAt(0, undefined))?.body.toString()
  } finally {
    await reader.close()
  }
}

test('a file that is no text is refused by what it is, not for how it ends', async () => {
  for (const [body, what] of [
    [gzipSync('{}'), 'gzip'],
    [zstdCompressSync(Buffer.from('{}')), 'zstd'],
    [Buffer.from('504b03041400000008', 'hex'), 'a ZIP file'],
    [Buffer.from('425a6839314159265359', 'hex'), 'bzip2'],
    [Buffer.from('fd377a585a000004', 'hex'), 'xz'],
    [Buffer.from('04224d186440a7', 'hex'), 'lz4'],
    [deflateSync('{}'), 'zlib'],
    [Buffer.from('PAR1\u0015\u0004'), 'Parquet'],
    [Buffer.from('Obj\u0001'), 'Avro'],
    [Buffer.from('SQLite format 3\0'), 'a database of SQLite'],
  ] as const) {
    for (const format of formats) {
      await assert.rejects(firstPage(format, body), {
        code: 'SOURCE_MALFORMED',
        retryable: false,
        message: new RegExp(`no text: it begins like ${what} `),
      })
    }
  }
  await assert.rejects(firstPage('csv', Buffer.from([0xff, 0xfe, 0x69])), {
    message: /is UTF-16/,
  })
})

test('text is text, whatever words it begins with', async () => {
  for (const text of [
    'PAR1,PK\n',
    'BZh9,x\n',
    'x^2,Obj\n',
    'SQLite format 3\n',
    '{"id":1}\n',
    ' \n',
  ]) {
    for (const format of formats) assert.equal(await firstPage(format, text), text)
  }
})
