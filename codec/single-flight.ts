/** Lets those who ask for the same thing at the same time share one piece of work. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>()

  async run(name: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#flights.get(name)
    if (underWay !== undefined) return underWay
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    return flight
  }
}
