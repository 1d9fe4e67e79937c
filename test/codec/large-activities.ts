/** Activities that count how often their bodies run. */
export function createLargeActivities() {
  const runs = { shout: 0, make: 0 }
  return {
    runs,
    activities: {
      async shout(text: string): Promise<string> {
        runs.shout += 1
        return `${text}!`
      },
      async make(bytes: number): Promise<string> {
        runs.make += 1
        return 'y'.repeat(bytes)
      },
    },
  }
}

export type LargeActivities = ReturnType<typeof createLargeActivities>['activities']
