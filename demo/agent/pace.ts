/** How fast the demo's agent speaks, so that a search looks no faster than a model would be. */
export const tokensPerSecond = 40

/** @returns the words of a text, each with the space before it. Put together they are the text. */
export function toTokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** Yields the first token at once and the others at the demo's pace, by the clock, so that late timers do not add up. */
export async function* paced(text: string): AsyncGenerator<string> {
  const startedAtMs = performance.now()
  for (const [position, token] of toTokens(text).entries()) {
    const dueInMs = startedAtMs + (position * 1000) / tokensPerSecond - performance.now()
    if (dueInMs > 0) await new Promise(resolve => setTimeout(resolve, dueInMs))
    yield token
  }
}
