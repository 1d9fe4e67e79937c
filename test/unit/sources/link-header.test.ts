import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { linkTarget } from '../../../src/sources/link-header.ts'

const next = (header: string) => linkTarget(header, 'next')

describe('linkTarget', () => {
  test('finds a relation among several links, relations and parameters', () => {
    const headers = [
      '<?page=2>; rel="next"',
      '<?page=2>;rel=next',
      '  <?page=2> ; title="a, b; c" ; rel = "next" ',
      '</first>; rel="first", <?page=2>; rel="next", </last>; rel="last"',
      '</first>; rel=first,<?page=2>;rel=next,',
      ', ,<?page=2>; rel="prefetch NEXT"',
      String.raw`</x>; title="an \"<end>\", rel=next", <?page=2>; REL="next"`,
      '<?page=2>; rel=next; rel=last',
      '<?page=2>; rel="next"; results; title*=UTF-8\'\'%e2%82%ac',
      '<?page=2>; rel="next", <?page=3>; rel="next"',
      '<?page=2>; rel="next";',
      "</first>; rel='first', <?page=2>; rel='next'",
      // As Node gives the bytes of a header that is UTF-8.
      `<?page=2>; rel=${Buffer.from('\u201Cnext\u201D').toString('latin1')}`,
    ]
    for (const header of headers) assert.equal(next(header), '?page=2', header)
  })

  test('finds nothing where there is none', () => {
    const headers = [
      '',
      ' , ',
      '</a>',
      '</a>; rel=last; rel=next',
      '</a>; rel="nextish"',
      '</a>; title="rel=next"',
      '</a>; rel="next"; anchor="/elsewhere"',
    ]
    for (const header of headers) assert.equal(next(header), undefined, header)
  })

  test('refuses what it cannot read, rather than overlook a link', () => {
    for (const header of [
      '?page=2; rel="next"',
      '<?page=2; rel="next"',
      '<?page=2> rel="next"',
      '<?page=2>; rel="next',
      '</a>; rel="first" </b>; rel="next"',
    ]) {
      assert.throws(() => next(header), SyntaxError, header)
    }
  })

  test('reads any target and any quoted text', () => {
    const target = fc.string().map((text) => text.replaceAll(/[>\n]/g, ''))
    const title = fc.string().map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(target, target, title, (first, second, text) => {
        const quoted = text.replaceAll(/["\\]/g, '\\$&')
        const header = `<${first}>; title="${quoted}"; rel=prev, <${second}>; title="${quoted}"; rel="next"`
        assert.equal(next(header), second)
      }),
    )
  })
})
