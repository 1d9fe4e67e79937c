import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ObjectKey } from '../../../codec/index.ts'
import { PipelineError, type Pagination } from '../../../activities/index.ts'
import type { CountedPagination } from '../../../activities/source-definition.ts'
import { RepeatWatch } from '../../../activities/landing/repeat-watch.ts'
import { WalkedSource, type WalkOptions } from './walked-source.ts'

const byPage: CountedPagination = { kind: 'page', parameter: 'page', first: 1 }
const byOffset: CountedPagination = { kind: 'offset', parameter: 'offset', first: 0 }
const byLink: Pagination = { kind: 'link-header' }
const byCursor: Pagination = { kind: 'cursor', path: ['next'], parameter: 'cursor' }
const oneBatch: WalkOptions = { limits: { batchBytes: 1_000_000 } }

/** Rows from one on, as a JSON body. */
const rows = (first: number, count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, index) => ({ id: first + index })))
const linked = (body: string, nextLink?: string) => ({ body: Buffer.from(body), nextLink })

/** Seven rows, three a page. */
const paged = (page: string | undefined) => {
  const first = (Number(page ?? 1) - 1) * 3
  return rows(first, Math.max(0, Math.min(3, 7 - first)))
}
const sliced = (offset: string | undefined) => {
  const first = Number(offset ?? 0)
  return rows(first, Math.max(0, Math.min(3, 7 - first)))
}

async function refused(walked: WalkedSource, code: string): Promise<PipelineError> {
  const error: unknown = await walked.walk().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PipelineError, String(error))
  assert.equal(error.code, code, error.message)
  assert.equal(error.retryable, false)
  return error
}

describe('a walk by page number', () => {
  test('ends at the first empty page', async () => {
    const { asked } = await new WalkedSource(byPage, paged).walk()
    assert.deepEqual(asked, [undefined, '2', '3', '4'])
  })

  test('goes on after a short page, which a filter could have made', async () => {
    const counts = [3, 1, 3, 0]
    const source = new WalkedSource(byPage, (page) =>
      rows(Number(page ?? 1) * 10, counts[Number(page ?? 1) - 1] ?? 0),
    )
    assert.deepEqual((await source.walk()).asked, [undefined, '2', '3', '4'])
  })

  test('ends at the first short page where the pipeline says that pages are full', async () => {
    const sized = { ...byPage, size: 3 }
    assert.deepEqual((await new WalkedSource(sized, paged).walk()).asked, [undefined, '2', '3'])
  })

  test('is refused where the source gives less at once than the pipeline says', async () => {
    const paths: readonly (readonly [CountedPagination, typeof paged, string])[] = [
      [{ ...byPage, size: 5 }, paged, '2'],
      [{ ...byOffset, size: 5 }, sliced, '3'],
    ]
    for (const [next, answer, beyond] of paths) {
      for (const concurrency of [1, 3]) {
        const asked: (string | undefined)[] = []
        const source = new WalkedSource(
          next,
          (cursor) => {
            asked.push(cursor)
            return answer(cursor)
          },
          { concurrency },
        )
        const { message, remedy } = await refused(source, 'PAGE_TOO_SHORT')
        assert.match(message, /the first page has 3 records, fewer than .*size/)
        assert.match(remedy, /source\.next\.size/)
        assert.ok(asked.includes(beyond))
        assert.equal(new Set(asked).size, asked.length, 'nothing twice')
        const landed = await Array.fromAsync(source.store.list('landing/'))
        assert.deepEqual(landed, [], 'what may be too short is not landed')
      }
    }
  })

  test('ends with a short first page where nothing comes behind it', async () => {
    const refusal = new PipelineError('SOURCE_REFUSED', 'the source answers 404', { remedy: '' })
    const malformed = new PipelineError('SOURCE_MALFORMED', 'no', { remedy: '', retryable: true })
    const gone = new PipelineError('SOURCE_UNREACHABLE', 'gone', { remedy: '', retryable: true })
    const beyond: Readonly<Record<string, () => string>> = {
      'an empty page': () => '[]',
      'the same page': () => rows(1, 2),
      'the same records, written as another page': () => `\n${rows(1, 2)}\n`,
      'what is no page': () => '{"detail":"Invalid page."}',
      'a refusal': () => {
        throw refusal
      },
      'an empty body': () => {
        throw malformed
      },
      'no answer': () => {
        throw gone
      },
    }
    for (const [what, answer] of Object.entries(beyond)) {
      const one = new WalkedSource({ ...byPage, size: 3 }, (page) =>
        page === undefined ? rows(1, 2) : answer(),
      )
      const { asked, batches } = await one.walk()
      assert.deepEqual(asked, [undefined, '2'], what)
      assert.deepEqual(
        batches.map(({ pages, next }) => [pages, next]),
        [[1, null]],
        what,
      )
    }
    const empty = new WalkedSource({ ...byPage, size: 3 }, () => '[]')
    assert.deepEqual((await empty.walk()).asked, [undefined])
  })

  test('counts from where the pipeline says', async () => {
    const source = new WalkedSource({ ...byPage, first: 0 }, (page) =>
      paged(String(Number(page ?? 0) + 1)),
    )
    assert.deepEqual((await source.walk()).asked, [undefined, '1', '2', '3'])
  })

  test('takes lines as it takes JSON, and an empty body for an empty page', async () => {
    const lines = (page: string | undefined) =>
      (page ?? '1') < '3' ? `{"id":${page ?? 1}}\n{"id":9}` : ''
    const source = new WalkedSource(byPage, lines, { format: 'ndjson', ...oneBatch })
    const { asked, batches } = await source.walk()
    assert.deepEqual(asked, [undefined, '2', '3'])
    assert.equal(batches.length, 1)
  })

  test('takes a CSV header alone for an empty page', async () => {
    for (const end of ['id,"a\nb"', 'id,"a\nb"\n', 'id,"a\r\nb"\r\n\r\n']) {
      const csv = (page: string | undefined) =>
        (page ?? '1') < '3' ? `id,"a\nb"\n${page ?? 1},x\n` : end
      const source = new WalkedSource(byPage, csv, { format: 'csv', ...oneBatch })
      assert.deepEqual((await source.walk()).asked, [undefined, '2', '3'])
    }
  })
})

describe('a walk by offset', () => {
  test('goes on by what each page held, until one is empty', async () => {
    const { asked } = await new WalkedSource(byOffset, sliced).walk()
    assert.deepEqual(asked, [undefined, '3', '6', '7'])
  })

  test('counts the records of a CSV page, not its lines', async () => {
    const csv = (offset = '0') => `id,text\n${offset === '0' ? '1,"a\nb"\n2,c\n' : ''}`
    const source = new WalkedSource(byOffset, csv, { format: 'csv' })
    assert.deepEqual((await source.walk()).asked, [undefined, '2'])
  })

  test('ends at a short page where the pipeline says that pages are full', async () => {
    const { asked } = await new WalkedSource({ ...byOffset, size: 3 }, sliced).walk()
    assert.deepEqual(asked, [undefined, '3', '6'])
  })

  test('counts from where the pipeline says', async () => {
    const source = new WalkedSource({ ...byOffset, first: 1 }, (offset) =>
      sliced(String(Number(offset ?? 1) - 1)),
    )
    assert.deepEqual((await source.walk()).asked, [undefined, '4', '7', '8'])
  })
})

describe('a walk by Link header', () => {
  const next: Readonly<Record<string, string | undefined>> = { '': '?b', '?b': '/c?', '/c?': '?d' }
  const answer = (cursor = '') =>
    linked(cursor === '?b' ? '[]' : rows(cursor.length, 2), next[cursor])

  test('ends where there is no link, not at an empty page', async () => {
    const { asked } = await new WalkedSource(byLink, answer).walk()
    assert.deepEqual(asked, [undefined, '?b', '/c?', '?d'])
  })

  test('finds the links again with the pages that are landed', async () => {
    const source = new WalkedSource(byLink, answer)
    const { batches } = await source.walk()
    for await (const { key } of source.store.list('landing/')) {
      if (key.endsWith('.json')) await source.store.delete([key])
    }
    const again = await source.walk()
    assert.deepEqual(again.asked, [])
    assert.deepEqual(
      again.batches.map((batch) => batch.next),
      batches.map((batch) => batch.next),
    )
    assert.ok(again.batches.every(({ pages, pagesFound }) => pages === pagesFound))
  })
})

for (const options of [{} satisfies WalkOptions, oneBatch]) {
  const how = options === oneBatch ? 'in one batch' : 'across batches'
  describe(`a source that would not end, ${how},`, () => {
    test('with the same page for ever is noticed at the second', async () => {
      for (const next of [byPage, byOffset]) {
        const source = new WalkedSource(next, () => rows(0, 3), options)
        const error = await refused(source, 'PAGE_REPEATED')
        assert.deepEqual(error.at, { pipeline: 'walked', page: 1 })
      }
      let count = 0
      const source = new WalkedSource(
        byLink,
        () => linked(rows(0, 3), `?page=${(count += 1)}`),
        options,
      )
      await refused(source, 'PAGE_REPEATED')
      assert.equal(count, 2)
    })

    test('with its last page for every number beyond is noticed at once', async () => {
      const clamped = (page = '1') => rows(Math.min(Number(page), 11), 1)
      const error = await refused(new WalkedSource(byPage, clamped, options), 'PAGE_REPEATED')
      assert.equal(error.at['page'], 11)
    })

    test('that goes round in a circle is noticed', async () => {
      const circle: Readonly<Record<string, string>> = { '': 'A', A: 'B', B: 'A' }
      for (const lag of [0, 1]) {
        let count = 0
        const around = new WalkedSource(byPage, () => rows((count += 1) % (2 + lag), 2), options)
        await refused(around, 'PAGE_REPEATED')
        assert.ok(count <= 8, `${count} pages`)
      }
      const cursors = new WalkedSource(
        byCursor,
        (cursor = '') => JSON.stringify({ data: [{ id: 1 }], next: circle[cursor] }),
        options,
      )
      await refused(cursors, 'CURSOR_REPEATED')
      // New bytes in each page: only the link tells.
      let count = 0
      const links = new WalkedSource(
        byLink,
        (cursor = '') => linked(rows((count += 1), 1), circle[cursor]),
        options,
      )
      await refused(links, 'CURSOR_REPEATED')
      assert.ok(count <= 4, `${count} pages`)
    })

    test('with data behind the cursor it gave already is noticed', async () => {
      const same = JSON.stringify({ data: [{ id: 1 }], next: 'SAME' })
      await refused(new WalkedSource(byCursor, () => same, options), 'CURSOR_REPEATED')
    })

    test('with another cursor and the same records each time is noticed', async () => {
      const page = (data: readonly object[], next: string) =>
        JSON.stringify({ next, data, at: next })
      for (const lag of [1, 2, 3]) {
        let count = 0
        const source = new WalkedSource(
          byCursor,
          () => page([{ id: (count += 1) % lag }, { id: 1 }], `c${count}`),
          options,
        )
        const error = await refused(source, 'PAGE_REPEATED')
        assert.deepEqual([error.at['page'], count], [4 + lag, 5 + lag])
      }
      // Records of the same length, or none, are no repetition.
      const ends = (count: number) => (count === 20 ? '' : `c${count}`)
      for (const dataOf of [(count: number) => [{ id: 10 + count }], () => []]) {
        let count = 0
        const source = new WalkedSource(
          byCursor,
          () => page(dataOf((count += 1)), ends(count)),
          options,
        )
        assert.equal((await source.walk()).asked.length, 20)
      }
    })

    test('that is empty where it leads to itself has ended', async () => {
      const stuck = (cursor?: string) =>
        JSON.stringify({ data: cursor === 'END' ? [] : [{ id: 1 }], next: 'END' })
      assert.deepEqual((await new WalkedSource(byCursor, stuck, options).walk()).asked, [
        undefined,
        'END',
      ])
      const links = (cursor?: string) => linked(cursor === '?e' ? '[]' : rows(0, 1), '?e')
      assert.deepEqual((await new WalkedSource(byLink, links, options).walk()).asked, [
        undefined,
        '?e',
      ])
    })

    test('that gives an empty text for a cursor has ended', async () => {
      const empty = JSON.stringify({ data: [{ id: 1 }], next: '' })
      assert.deepEqual((await new WalkedSource(byCursor, () => empty, options).walk()).asked, [
        undefined,
      ])
    })

    test('does not take equal pages that are empty for a repeated one', async () => {
      const next: Readonly<Record<string, string>> = { '': '?1', '?1': '?2', '?2': '?3' }
      const source = new WalkedSource(byLink, (cursor = '') => linked('[]', next[cursor]), options)
      assert.equal((await source.walk()).asked.length, 4)
    })

    test('fails loudly at the limit of pages, and goes on behind it when that is raised', async () => {
      const limits = { ...options.limits, maxPages: 3 }
      const source = new WalkedSource(byPage, (page) => rows(Number(page ?? 1), 1), { limits })
      const error = await refused(source, 'PAGE_LIMIT_EXCEEDED')
      assert.match(error.message, /after 3 pages/)
      const enough = new WalkedSource(byPage, paged, { limits: { ...limits, maxPages: 4 } })
      assert.equal((await enough.walk()).asked.length, 4)
    })
  })
}

test('a source that names a further page for ever is left after a thousand empty ones', async () => {
  // The first page has records; batches end in between.
  const walked = (end: number, maxPages?: number) => {
    let count = 0
    const answer = () => {
      count += 1
      return JSON.stringify({
        data: count === 1 ? [{ id: 1 }] : [],
        next: count < end && `c${count}`,
      })
    }
    const limits = { batchBytes: 10_000, ...(maxPages === undefined ? {} : { maxPages }) }
    return new WalkedSource(byCursor, answer, { limits, mostPages: 1100 })
  }
  const error = await refused(walked(Infinity), 'PAGE_LIMIT_EXCEEDED')
  assert.match(error.message, /after 1000 pages in a row without records/)
  assert.equal(error.at['page'], 1001)
  // Who says how far it may go is not told where to stop.
  assert.equal((await walked(1010, 1010).walk()).asked.length, 1010)
})

test('a thousand empty pages are none too many where others come between them', () => {
  const watch = new RepeatWatch('walked', null)
  for (let pageNumber = 0; pageNumber < 5000; pageNumber += 1) {
    watch.atEmpty({ pageNumber, cursorDigest: String(pageNumber) }, pageNumber % 1001 !== 0)
  }
})

test('a repeated page is not landed: the source is asked for it again', async () => {
  let isWell = false
  const source = new WalkedSource(byPage, (page) => (isWell ? paged(page) : rows(0, 3)))
  await refused(source, 'PAGE_REPEATED')
  isWell = true
  assert.deepEqual((await source.walk()).asked, ['2', '3', '4'])
})

test('a repeated page is noticed after batches that were found', async () => {
  let isDown = true
  const source = new WalkedSource(byPage, (page = '1') => {
    if (isDown && page === '12') throw new Error('the source is down')
    return rows(Math.min(Number(page), 11), 1)
  })
  await assert.rejects(source.walk(), /is down/)
  isDown = false
  const error = await refused(source, 'PAGE_REPEATED')
  assert.equal(error.at['page'], 11)
})

test('a page limit is not what a landing is known by', async () => {
  const limits = { maxPages: 2 }
  const source = new WalkedSource(byPage, paged, { limits })
  await refused(source, 'PAGE_LIMIT_EXCEEDED')
  const keys: string[] = []
  for await (const { key } of source.store.list('landing/')) keys.push(key)
  assert.equal(keys.filter((key) => key.includes('/page-')).length, 2)
})

describe('an attempt that was given up', () => {
  test('changes nothing of a batch when it comes late, to a source that says something else', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    let calls = 0
    const source = new WalkedSource(
      byCursor,
      async (cursor) => {
        calls += 1
        if (calls > 1) return `{"data":[{"id":1}],"next":${cursor === 'late' ? '"end"' : 'null'}}`
        begin()
        await gate
        return '{"data":[{"id":2}],"next":"late"}'
      },
      oneBatch,
    )
    const late = source.walk()
    await begun
    const newer = await source.walk()
    open()
    const told = await late.catch(() => undefined)
    assert.equal(JSON.stringify(told?.batches), JSON.stringify(newer.batches))
    const key = (newer.batches[0]?.batchKey ?? '') as ObjectKey
    const { next, pages } = JSON.parse(Buffer.from(await source.store.get(key)).toString('utf8'))
    assert.deepEqual([next, pages.length], [null, 1])
  })
})

describe('a landing of very many pages', () => {
  test('is listed as far as a batch can reach', async () => {
    const source = new WalkedSource(byPage, paged)
    const contentType = 'application/zstd'
    for (let page = 0; page < 6000; page += 1) {
      const place = `page-${String(page).padStart(7, '0')}-0123456789abcdef.json.zst`
      const key = `landing/walked/2001/f/0001/${place}` as ObjectKey
      await source.store.put(key, Buffer.of(), { contentType })
    }
    let listed = 0
    const list = source.store.list.bind(source.store)
    source.store.list = async function* (...request) {
      for await (const found of list(...request)) {
        listed += 1
        yield found
      }
    }
    const { batches } = await source.walk()
    assert.ok(listed <= batches.length * 2010, `${listed} keys`)
  })
})
