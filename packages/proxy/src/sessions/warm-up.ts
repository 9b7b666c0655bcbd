import type { AgentRuntime, RuntimeSession } from '../agent-runtime.ts'
import { type CallOptions, callRuntime } from './call-runtime.ts'

/** A warm-up that the agent answered. */
export interface WarmUpAnswer {
  /** The nonce that the agent echoed: the first that its VM ever saw. `undefined` when it echoes none. */
  readonly echo: string | undefined
  readonly tookMs: number
  /** Whether it had to wait for somebody else's provisioning. */
  readonly sawConflict: boolean
}

/** Touches the session with a warm-up: starts it when it does not run, restarts its idle timer when it does. */
export async function warmUp(
  runtime: AgentRuntime,
  session: RuntimeSession,
  nonce: string,
  options: CallOptions,
): Promise<WarmUpAnswer> {
  const startedAt = Date.now()
  const { value: echo, sawConflict } = await callRuntime(async signal => {
    const answer = await runtime.invoke(session, runtime.warmUpRequest(nonce), signal)
    return runtime.readEcho(await readStart(answer.body))
  }, options)
  return { echo, sawConflict, tookMs: Date.now() - startedAt }
}

/** An echo is short. An agent that takes the warm-up for a message may talk for minutes: it is up, and that will do. */
const longestEcho = 16_384
const echoWaitMs = 5_000

async function readStart(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const stop = () => reader.cancel()
  const timer = setTimeout(stop, echoWaitMs)
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text
      text += decoder.decode(value, { stream: true })
      if (text.length >= longestEcho) await stop()
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Stops the session. One that is just being provisioned is stopped as soon as the platform allows. */
export async function stopSession(runtime: AgentRuntime, session: RuntimeSession, timeoutMs: number): Promise<void> {
  await callRuntime(signal => runtime.stop(session, signal), { purpose: 'stop', retryForMs: timeoutMs })
}
