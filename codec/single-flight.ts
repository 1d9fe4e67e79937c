/**
 * Lets those who ask for the same thing at the same time share one piece of work. Where it fails for
 * a reason that may be its starter's own, such as a deadline, the others try for themselves.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>()
  readonly #mayBeOwnTrouble: (error: unknown) => boolean

  constructor(mayBeOwnTrouble: (error: unknown) => boolean) {
    this.#mayBeOwnTrouble = mayBeOwnTrouble
  }

  async run(name: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#flights.get(name)
    if (underWay !== undefined) {
      try {
        return await underWay
      } catch (error) {
        if (!this.#mayBeOwnTrouble(error)) throw error
        return this.run(name, work)
      }
    }
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    return flight
  }
}
