/** Prints what the process holds after a collection, whenever it is asked by SIGUSR2. Run with --expose-gc. */
export function tellMemory(): void {
  process.on('SIGUSR2', async () => {
    for (let times = 0; times < 4; times++) {
      globalThis.gc?.()
      // Finalizers run between two collections.
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    process.stdout.write(`${JSON.stringify({ rss, heldBytes: heapUsed + external })}\n`)
  })
}
