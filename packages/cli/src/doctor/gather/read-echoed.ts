/** What an agent answers to a warm-up that was sent as a message. */
export interface Echoed {
  echo?: string
  timings?: { firstOutputMs: number; exitMs: number }[]
}

/** Reads a plain answer, or the first event of a streamed one that has a nonce. */
export function readEchoed(text: string): Echoed {
  const events = [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data = '']) => data)
  for (const each of events.length > 0 ? events : [text]) {
    const { nonce, timings } = parse(each)
    if (typeof nonce === 'string') return { echo: nonce, ...(Array.isArray(timings) && { timings }) }
  }
  return {}
}

function parse(text: string): { nonce?: unknown; timings?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {}
  } catch {
    // The agent answers in words of its own.
    return {}
  }
}
