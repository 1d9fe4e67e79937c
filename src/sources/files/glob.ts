/** A pattern of path segments: `*` and `?` within one, `**` for any number of them, none included. */
export interface Glob {
  readonly segments: readonly Segment[]
  /** What each name that the first segment matches begins with. */
  readonly firstLetters: string
}

/** Where in a pattern a path has come to. None left: no path that begins so matches. */
export type GlobState = readonly number[]

type Segment = 'any-segments' | readonly Token[]
type Token = 'any-letters' | 'one-letter' | { readonly letter: string }

/** `**` at the end stands for all files there, however deep. */
export function parseGlob(text: string): Glob {
  const parts = text.replace(/(^|\/)\*\*$/, '$1**/*').split('/')
  return {
    segments: parts.map((part) => (part === '**' ? 'any-segments' : parseSegment(part))),
    firstLetters: parts[0] === '**' ? '' : (/^[^*?]*/.exec(parts[0] ?? '')?.[0] ?? ''),
  }
}

function parseSegment(text: string): Token[] {
  return Array.from(text, (letter) => {
    if (letter === '*') return 'any-letters'
    return letter === '?' ? 'one-letter' : { letter }
  })
}

export function globStart({ segments }: Glob): GlobState {
  return reached(segments, [0], 'any-segments')
}

/**
 * The state after one more segment of a path. As in a shell, a wildcard matches no name that begins with
 * a dot, unless the pattern has that dot.
 */
export function globStep({ segments }: Glob, state: GlobState, name: string): GlobState {
  const next = state.flatMap((at) => {
    const segment = segments[at]
    if (segment === undefined) return []
    if (segment === 'any-segments') return name.startsWith('.') ? [] : [at]
    return fits(segment, name) ? [at + 1] : []
  })
  return reached(segments, next, 'any-segments')
}

/** Whether a path that has come so far is matched. */
export function isMatched({ segments }: Glob, state: GlobState): boolean {
  return state.includes(segments.length)
}

/** Whether a longer path may match. */
export function mayGoOn({ segments }: Glob, state: GlobState): boolean {
  return state.some((at) => at < segments.length)
}

export function matchesGlob(glob: Glob, path: string): boolean {
  const end = path
    .split('/')
    .reduce<GlobState>((state, name) => globStep(glob, state, name), globStart(glob))
  return isMatched(glob, end)
}

function fits(tokens: readonly Token[], name: string): boolean {
  const [first] = tokens
  if (name.startsWith('.') && typeof first !== 'object') return false
  let state = reached(tokens, [0], 'any-letters')
  for (const letter of name) {
    const next = state.flatMap((at) => {
      const token = tokens[at]
      if (token === undefined) return []
      if (token === 'any-letters') return [at]
      return token === 'one-letter' || token.letter === letter ? [at + 1] : []
    })
    state = reached(tokens, next, 'any-letters')
  }
  return state.includes(tokens.length)
}

/** The positions, and those behind stars that match nothing: all states at once, so no backtracking. */
function reached<Part>(parts: readonly Part[], from: readonly number[], star: Part): number[] {
  const positions = new Set(from)
  for (const at of positions) if (parts[at] === star) positions.add(at + 1)
  return [...positions]
}
