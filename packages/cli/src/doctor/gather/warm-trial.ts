import { randomUUID } from 'node:crypto'
import type { AgentRequest, AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import type { WarmUpTry } from '../checks/warm-up.ts'
import type { Refusal } from '../finding.ts'
import { readChunks } from './read-chunks.ts'
import type { RetriedCalls } from './retried-calls.ts'

/** What an agent made of warm-ups on a session that was new. */
export interface WarmTrial {
  session: RuntimeSession
  tries: WarmUpTry[]
  refusal: Refusal | undefined
}

/** An agent that takes the warm-up for a message may talk for minutes. */
const echoMs = 5_000

/** @param times how often it is warmed; an agent that echoes nothing is asked once more, and no further: it may be calling a model. */
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
 * The platform's TypeScript library (bedrock-agentcore 0.4.4) answers every error with an empty 500 when a stream is
 * accepted; without one it says what was wrong.
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
