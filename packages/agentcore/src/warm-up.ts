import type { AgentRequest } from '@warm-agent/proxy'

/** What a warm-up says to the agent, and how its answer is read. The default is what `@warm-agent/agent` understands. */
export interface WarmUpFormat {
  /** The JSON body of a warm-up that carries this nonce. @default nonce => ({ type: 'warmup', nonce }) */
  body?: (nonce: string) => unknown
  /** The nonce that the agent's answer echoes, if any. @default the string `nonce` of the JSON answer */
  readEcho?: (answerText: string) => string | undefined
}

export function warmUpRequest(nonce: string, { body = defaultBody }: WarmUpFormat): AgentRequest {
  return {
    body: new TextEncoder().encode(JSON.stringify(body(nonce))),
    contentType: 'application/json',
    // An agent that streams all its answers says 406 to a request that does not ask for a stream.
    accept: 'text/event-stream, application/json',
  }
}

function defaultBody(nonce: string) {
  return { type: 'warmup', nonce }
}

/** Reads the echo of a plain answer, or of the first event of a streamed one. */
export function readEcho(answerText: string): string | undefined {
  const json = answerText.match(/^data: ?(.*)$/m)?.[1] ?? answerText
  try {
    const { nonce } = JSON.parse(json)
    return typeof nonce === 'string' ? nonce : undefined
  } catch {
    // The agent answers in words of its own: it is warm, and says nothing of its VM.
    return undefined
  }
}
