/**
 * Calls a listener. What it throws, or rejects with later, is printed: it must neither disturb what it listens to, nor end
 * the process.
 */
export async function tellListener(name: string, call: () => unknown): Promise<void> {
  try {
    await call()
  } catch (error) {
    // biome-ignore lint/suspicious/noConsole: there is nobody else to tell.
    console.error(`Could not tell ${name}: it threw. Let it catch what it may throw.`, error)
  }
}
