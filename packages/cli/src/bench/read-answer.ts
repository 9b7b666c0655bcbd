/** When the tokens of an answer came, by `now()`. */
export interface AnswerTimes {
  firstTokenAt: number
  lastTokenAt: number
  tokens: number
}

/**
 * Reads an answer to its end. In an event stream a token is an event with data, so that the comment with which some libraries
 * open a stream does not count as the agent's first word. In any other answer a token is a chunk.
 */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  now: () => number = () => performance.now(),
): Promise<AnswerTimes> {
  const isEventStream = contentType.startsWith('text/event-stream')
  const decoder = new TextDecoder()
  let unfinished = ''
  let tokens = 0
  let firstTokenAt: number | undefined
  let lastTokenAt = 0
  for await (const chunk of body) {
    const at = now()
    let found = 1
    if (isEventStream) {
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split(/\r\n|\r|\n/)
      unfinished = lines.pop() ?? ''
      found = lines.filter(line => line.startsWith('data')).length
    }
    if (found === 0) continue
    tokens += found
    firstTokenAt ??= at
    lastTokenAt = at
  }
  const endedAt = now()
  return { firstTokenAt: firstTokenAt ?? endedAt, lastTokenAt: Math.max(lastTokenAt, firstTokenAt ?? endedAt), tokens }
}
