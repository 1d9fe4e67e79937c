import type { TargetShape } from './random-tables.ts'

/** Every mode, with what changes how it decides. */
export const randomShapes: readonly (TargetShape & { readonly what: string })[] = [
  { what: 'append', mode: 'append', hasKey: true },
  { what: 'append without a key', mode: 'append', hasKey: false },
  { what: 'replace', mode: 'replace', hasKey: true },
  { what: 'replace in an order', mode: 'replace', hasKey: true, isOrdered: true },
  { what: 'replace without a key', mode: 'replace', hasKey: false },
  { what: 'merge', mode: 'merge', hasKey: true },
  { what: 'merge in an order', mode: 'merge', hasKey: true, isOrdered: true },
  { what: 'merge that deletes', mode: 'merge', hasKey: true, onMissing: 'delete' },
  { what: 'merge that marks', mode: 'merge', hasKey: true, onMissing: 'mark' },
  { what: 'merge that gets columns', mode: 'merge', hasKey: true, evolves: true },
  { what: 'replace that gets columns', mode: 'replace', hasKey: false, evolves: true },
  { what: 'history that gets columns', mode: 'history', hasKey: true, evolves: true },
  { what: 'replace-interval', mode: 'replace-interval', hasKey: true },
  { what: 'replace-interval that moves', mode: 'replace-interval', hasKey: true, moves: true },
  { what: 'replace-interval in an order', mode: 'replace-interval', hasKey: true, isOrdered: true },
  { what: 'replace-interval without a key', mode: 'replace-interval', hasKey: false },
  { what: 'history', mode: 'history', hasKey: true },
  { what: 'history in an order', mode: 'history', hasKey: true, isOrdered: true },
  { what: 'history that ends', mode: 'history', hasKey: true, onMissing: 'delete' },
]
