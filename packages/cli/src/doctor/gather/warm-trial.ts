import { randomUUID } from 'node:crypto'
import type { AgentRequest, AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import type { WarmUpTry } from '../checks/warm-up.ts'
import type { Refusal } from '../finding.ts'
import { readChunks } from './read-chunks.ts'
import type { RetriedCalls } from './retried-calls.ts'

/** How an agent answered warm-ups on a new session. */
export interface WarmTrial {
  session: RuntimeSession
  tries: WarmUpTry[]
  refusal: Refusal | undefined
}

/** How long an answer is read, in milliseconds: an agent that takes the warm-up for a message may talk for minutes. */
const echoMs = 5_000

/** @param times How often it is warmed. An agent that echoes nothing is asked only twice: it may call a model each time. */
export async function tryWarmUps(
  runtime: Pick<AgentRuntime, 'warmUpRequest' | 'readEcho'>,
  calls: RetriedCalls,
  session: RuntimeSession,
  times: number,
): Promise<WarmTrial> {
  const tries: WarmUpTry[] = []
  while (tries.length < times) {
    const nonce = randomUUID()
    const askedAt = performance.now()
    const request = runtime.warmUpRequest(nonce)
    const { answer, refusal } = await calls.invoke(session, request)
    if (refusal) return { session, tries, refusal: await inPlainWords(refusal, calls, session, request) }
    const { text, broken } = await readChunks(answer.body, echoMs)
    if (broken) return { session, tries, refusal: { reason: 'unreachable', said: broken } }
    const echo = runtime.readEcho(text)
    tries.push({ nonce, echo, tookMs: performance.now() - askedAt })
    if (echo === undefined && tries.length > 1) break
  }
  return { session, tries, refusal: undefined }
}

/**
 * Asks once more for an answer that is no stream: when a stream is accepted, bedrock-agentcore for TypeScript (0.4.4) answers
 * every error with an empty 500.
 */
async function inPlainWords(
  refusal: Refusal,
  calls: RetriedCalls,
  session: RuntimeSession,
  request: AgentRequest,
): Promise<Refusal> {
  if (refusal.reason !== 'agent') return refusal
  const { answer, refusal: plain } = await calls.sendOnce(session, { ...request, accept: 'application/json' })
  await answer?.body.cancel()
  return plain?.reason === 'agent' ? plain : refusal
}
