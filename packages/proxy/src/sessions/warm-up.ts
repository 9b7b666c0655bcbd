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
    return runtime.readEcho(await new Response(answer.body).text())
  }, options)
  return { echo, sawConflict, tookMs: Date.now() - startedAt }
}

/** Stops the session. One that is just being provisioned is stopped as soon as the platform allows. */
export async function stopSession(runtime: AgentRuntime, session: RuntimeSession, timeoutMs: number): Promise<void> {
  await callRuntime(signal => runtime.stop(session, signal), { purpose: 'stop', retryForMs: timeoutMs })
}
