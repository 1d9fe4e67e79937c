import type { ColumnType } from '../pipeline-definition.ts'
import { FieldNeeds } from './field-needs.ts'
import { isSameType, joinTypes } from './join-types.ts'
import type { NotedField } from './noted-fields.ts'

export interface SeenField {
  readonly needs: FieldNeeds
  /** Whether it has a column: then a text in quotes counts as what it reads as there. */
  readonly isTyped: boolean
}

/** The fields of a batch that are looked at value by value. */
export class SeenFields {
  readonly #known: ReadonlyMap<string, ColumnType>
  readonly #fields: ReadonlyMap<string, SeenField>

  /** @param known Types of the columns that fields have already, by the fields' names. */
  constructor(names: readonly string[], known: ReadonlyMap<string, ColumnType>) {
    this.#known = known
    this.#fields = new Map(
      names.map((name) => [name, { needs: new FieldNeeds(), isTyped: known.has(name) }]),
    )
  }

  get(name: string): SeenField | undefined {
    return this.#fields.get(name)
  }

  /** Those that need a column, or a wider one than they have. */
  noted(): NotedField[] {
    return [...this.#fields].flatMap(([from, { needs }]) => {
      const { type: needed } = needs
      if (needed === undefined) return []
      const known = this.#known.get(from)
      const type = known === undefined ? needed : joinTypes(known, needed)
      return known !== undefined && isSameType(known, type) ? [] : [{ from, type }]
    })
  }
}
