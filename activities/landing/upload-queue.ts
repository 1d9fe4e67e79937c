/** Pages that may be on their way to the store while the next one is read. */
const uploadsInFlight = 3

/** Uploads that go on beside what begins them: bounded in number, so that memory is. */
export class UploadQueue {
  readonly #underWay = new Set<Promise<unknown>>()
  #failure: { readonly reason: unknown } | undefined

  /**
   * Begins an upload as soon as there is room for it; answers what it will have made.
   *
   * @throws what an earlier upload has failed with
   */
  async begin<T>(upload: () => Promise<T>): Promise<{ readonly made: Promise<T> }> {
    while (this.#underWay.size >= uploadsInFlight) await Promise.race(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure.reason
    const made = upload()
    const settled = made
      .catch((reason: unknown) => {
        this.#failure ??= { reason }
      })
      .finally(() => this.#underWay.delete(settled))
    this.#underWay.add(settled)
    return { made }
  }

  /**
   * Waits until none is under way.
   *
   * @throws what the first of them has failed with
   */
  async finish(): Promise<void> {
    await this.settle()
    if (this.#failure !== undefined) throw this.#failure.reason
  }

  /** Waits until none is under way, also after a failure. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
