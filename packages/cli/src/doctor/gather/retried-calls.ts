import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AgentAnswer,
  type AgentRequest,
  type AgentRuntime,
  RuntimeFailure,
  type RuntimeSession,
} from '@warm-agent/proxy'
import { withTimeout } from '../../with-timeout.ts'
import type { CallFacts } from '../checks/calls.ts'
import type { Refusal } from '../finding.ts'

/** The result of a call: an answer, or why there is none. */
type Called = { answer: AgentAnswer; refusal?: never } | { answer?: never; refusal: Refusal }

/** Calls the runtime, with retries, and remembers the failures that a retry has cured. */
export interface RetriedCalls {
  invoke(session: RuntimeSession, request: AgentRequest): Promise<Called>
  /** One attempt: a message must not reach the agent twice. */
  sendOnce(session: RuntimeSession, request: AgentRequest): Promise<Called>
  /** What was called so far. */
  facts(): CallFacts
}

const attemptMs = 60_000
const mostAttempts = 3
const conflictPauseMs = 250
const pauseMs = 300

export function createRetriedCalls(runtime: AgentRuntime, signal: AbortSignal): RetriedCalls {
  const failed: string[] = []
  let made = 0

  async function attempt(session: RuntimeSession, request: AgentRequest): Promise<AgentAnswer | RuntimeFailure> {
    made += 1
    try {
      return await runtime.invoke(session, request, withTimeout(signal, attemptMs))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof RuntimeFailure) return error
      const said = `no answer within ${attemptMs / 1_000} s`
      return new RuntimeFailure('unreachable', said, { mayHaveRun: true, cause: error })
    }
  }

  return {
    facts: () => ({ made, failed: [...failed] }),
    async sendOnce(session, request) {
      const came = await attempt(session, request)
      if (!(came instanceof RuntimeFailure)) return { answer: came }
      return { refusal: { reason: came.reason, said: came.message } }
    },
    async invoke(session, request) {
      const giveUpAt = Date.now() + attemptMs
      const passed: string[] = []
      for (let attempts = 1; ; ) {
        const came = await attempt(session, request)
        if (!(came instanceof RuntimeFailure)) {
          failed.push(...passed)
          return { answer: came }
        }
        const refusal: Refusal = { reason: came.reason, said: came.message }
        if (came.reason === 'conflict' && Date.now() < giveUpAt) {
          await sleep(conflictPauseMs, undefined, { signal })
          continue
        }
        const mayPass = isPassing(came) && attempts < mostAttempts
        if (!mayPass) return { refusal }
        // Counted only when a retry cures it: a failure that lasts is reported by the check that made the call.
        passed.push(refusal.said)
        attempts += 1
        await sleep(Math.min(5_000, came.retryAfterMs ?? pauseMs), undefined, { signal })
      }
    },
  }
}

/** Whether a retry may help. The AWS SDK corrects its clock when a signature is refused for its time. */
function isPassing({ reason, message }: RuntimeFailure): boolean {
  if (reason === 'refused') return /Signature (expired|not yet current)/i.test(message)
  return ['throttled', 'unavailable', 'unreachable', 'agent'].includes(reason)
}
