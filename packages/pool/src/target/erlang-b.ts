/**
 * Erlang's loss formula. Claims arrive at random at `rate`, each taken session is missing from the pool until its
 * successor is warm, and a claim that finds none left goes cold and starts none: M/G/N/N. Only the mean of the
 * replenishment time matters, not its distribution (A. K. Erlang 1917; insensitivity: Sevastyanov 1957).
 *
 * @param size of the pool
 * @param load how many sessions are missing on average in a pool without end: rate × replenishment time
 * @param smaller a pool whose loss is known already: the formula goes on from there
 * @returns the share of claims that find the pool empty, from 0 to 1
 */
export function erlangB(size: number, load: number, smaller = { size: 0, missRate: 1 }): number {
  let loss = smaller.missRate
  for (let each = smaller.size + 1; each <= size; each++) loss = (load * loss) / (each + load * loss)
  return load > 0 || size <= 0 ? loss : 0
}

/** @returns the smallest pool that finds itself empty at no more than `missRate` of its claims. */
export function smallestSize(load: number, missRate: number): number {
  if (!(load > 0)) return 0
  let size = 0
  for (let loss = 1; loss > missRate; loss = (load * loss) / (size + load * loss)) size++
  return size
}
