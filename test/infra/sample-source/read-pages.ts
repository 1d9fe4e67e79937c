import { z } from 'zod'

export const flight = z.strictObject({
  id: z.int(),
  date: z.string(),
  delay: z.int(),
  distance: z.int(),
  origin: z.string(),
  destination: z.string(),
})
export type Flight = z.infer<typeof flight>

// Records are looked at one by one where a test asks for it: half a million are too many for zod.
const page = z.strictObject({ data: z.array(z.unknown()), next: z.string().nullable() })
export type Page = z.infer<typeof page>

/** One page; throws where the answer is not one. */
export async function readPage(url: string | URL): Promise<Page> {
  const response = await fetch(url)
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return page.parse(await response.json())
}

/** All pages from this one on, as a client reads them: the same parameters, and each next cursor. */
export async function* readPages(url: string): AsyncGenerator<Page> {
  const address = new URL(url)
  for (;;) {
    const read = await readPage(address)
    yield read
    if (read.next === null) return
    address.searchParams.set('cursor', read.next)
  }
}

/** All pages from this one on, together. */
export async function readAllPages(url: string): Promise<Page[]> {
  const pages: Page[] = []
  for await (const read of readPages(url)) pages.push(read)
  return pages
}

/** The ids of a page of flights. */
export function idsOf({ data }: Page): number[] {
  return z
    .array(flight)
    .parse(data)
    .map(({ id }) => id)
}
