/** Generous: other work shares the two cores. What is waited for is strict. */
export const patiently = { timeout: 8000, interval: 20 }

/** @returns what `find` finds, as soon as that is something. What it throws means: not yet. */
export async function until<Found>(what: string, find: () => Found | Promise<Found>): Promise<NonNullable<Found>> {
  const endAtMs = Date.now() + patiently.timeout
  for (;;) {
    let cause: unknown
    try {
      const found = await find()
      if (found) return found
    } catch (error) {
      cause = error
    }
    if (Date.now() > endAtMs) throw new Error(`Waited in vain until ${what}.`, { cause })
    await new Promise(resolve => setTimeout(resolve, patiently.interval))
  }
}
