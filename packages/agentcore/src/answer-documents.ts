/** @returns the JSON objects that an answer consists of: itself, or the data of its events. */
export function documentsIn(answerText: string): Record<string, unknown>[] {
  const events = [...answerText.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data ?? '')
  return (events.length > 0 ? events : [answerText]).map(parse).filter(isRecord)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON, or a long answer that was cut: the agent is warm, and says nothing of its VM.
    return undefined
  }
}
