/** A visit to the queue that hangs holds nobody up for longer. What it locked is long free then. */
const longestTurnMs = 20_000

/** Lets one visit to the queue follow the other: of two at once each would lock what the other one looks for, and miss it. */
export function createTurns(): <T>(visit: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve()

  return visit => {
    const visited = before.then(visit)
    before = new Promise<void>(resolve => {
      const end = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(end, longestTurnMs).unref()
      visited.then(end, end)
    })
    return visited
  }
}
