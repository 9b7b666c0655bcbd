/** Lets at most `places` in at a time, first come, first served. Resolves with the way out, to be called once. */
export function createGate(places: number): () => Promise<() => void> {
  let free = places
  const waiting: Array<() => void> = []

  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  return async () => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    return leave
  }
}
