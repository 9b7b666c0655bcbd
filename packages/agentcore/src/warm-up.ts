import type { AgentRequest } from '@warm-agent/proxy'
import { documentsIn, isRecord } from './answer-documents.ts'
import { throwAnsweredError } from './answered-errors.ts'

/** What a runtime's agent speaks. It decides what a warm-up looks like. */
export type AgentProtocol = 'http' | 'ag-ui' | 'mcp' | 'a2a'

/** What a warm-up says to the agent, and how its answer is read. The default is what `@warm-agent/agent` understands. */
export interface WarmUpFormat {
  /** The JSON body of a warm-up that carries this nonce. @default by `protocol` */
  body?: (nonce: string) => unknown
  /**
   * The nonce that the agent's answer echoes, if any. If it throws, the session is not warm.
   *
   * @default finds an error that came at HTTP 200 (AG-UI's `RUN_ERROR`, JSON-RPC's `error`), else the string `nonce` of
   *   the JSON answer or of its `result`
   */
  readEcho?: (answerText: string) => string | undefined
}

export function warmUpRequest(
  nonce: string,
  protocol: AgentProtocol,
  { body = bodies[protocol] }: WarmUpFormat,
): AgentRequest {
  return {
    body: new TextEncoder().encode(JSON.stringify(body(nonce))),
    contentType: 'application/json',
    // An agent that streams all its answers refuses with 406 what does not ask for a stream.
    accept: 'text/event-stream, application/json',
    isWarmUp: true,
  }
}

/** The mark of a warm-up, which stands where each protocol lets its users add something. */
const mark = (nonce: string) => ({ type: 'warmup', nonce })

const bodies: Record<AgentProtocol, (nonce: string) => unknown> = {
  http: mark,
  /** A run without messages. Validators of AG-UI's `RunAgentInput` let further members through. */
  'ag-ui': nonce => ({
    threadId: nonce,
    runId: nonce,
    state: {},
    messages: [],
    tools: [],
    context: [],
    forwardedProps: mark(nonce),
    ...mark(nonce),
  }),
  /** MCP's own question whether the server is there, which runs no tool. */
  mcp: nonce => ({ jsonrpc: '2.0', id: nonce, method: 'ping', params: { _meta: mark(nonce) } }),
  /** A2A has no such question: its agent must know the mark, like one that speaks plain HTTP. */
  a2a: nonce => ({
    jsonrpc: '2.0',
    id: nonce,
    method: 'message/send',
    params: {
      message: { kind: 'message', role: 'user', messageId: nonce, parts: [{ kind: 'data', data: mark(nonce) }] },
      metadata: mark(nonce),
    },
    ...mark(nonce),
  }),
}

/**
 * Reads the echo of a plain answer, or of the first event of a streamed one that has it.
 *
 * @throws RuntimeFailure when the answer tells an error, although it came at HTTP 200.
 */
export function readEcho(answerText: string): string | undefined {
  const documents = documentsIn(answerText)
  for (const document of documents) throwAnsweredError(document)
  return documents.map(nonceIn).find(nonce => nonce !== undefined)
}

function nonceIn(document: Record<string, unknown>): string | undefined {
  const { result, value } = document
  const inner = isRecord(result) ? [result, result._meta, result.metadata] : []
  for (const place of [document, ...inner, value]) {
    if (isRecord(place) && typeof place.nonce === 'string') return place.nonce
  }
  return undefined
}
