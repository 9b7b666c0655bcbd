import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import type { BeatFacts } from './checks/beat.ts'
import { judgeCalls } from './checks/calls.ts'
import type { Canary } from './checks/canary.ts'
import { judgePing } from './checks/ping.ts'
import type { HopTimes } from './checks/stream.ts'
import { judgeWarmUp } from './checks/warm-up.ts'
import { beatMsOf, type DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { skipped, type Verdict } from './finding.ts'
import { askPing, askPingInside } from './gather/ask-ping.ts'
import { leaveAlone } from './gather/leave-alone.ts'
import type { RetriedCalls } from './gather/retried-calls.ts'
import { sendCanary } from './gather/send-canary.ts'
import { tryWarmUps, type WarmTrial } from './gather/warm-trial.ts'

/** How the runtime is called. */
export interface Calling {
  runtime: AgentRuntime
  calls: RetriedCalls
  arn: string
  region: string
  /** Of an OAuth runtime. */
  token: string | undefined
}

/** What was seen of the agent, past every proxy. */
export interface AgentExamined {
  /** Whether a session became warm; `undefined` when none was tried. */
  isWarm: boolean | undefined
  hop: HopTimes | undefined
  canary: Canary | undefined
  watched: BeatFacts['watched']
}

/** Looks at the agent, in the sessions that were warmed on the runtime's endpoints. */
export async function examineAgent(
  trials: readonly WarmTrial[],
  calling: Calling,
  settings: DoctorSettings,
  examination: Examination,
): Promise<AgentExamined> {
  const { tell, step } = examination
  const well = trials.find(({ tries, refusal }) => !refusal && tries.length > 0)
  const failing = trials.find(({ refusal }) => refusal?.reason === 'agent')
  const first = failing ?? well ?? trials[0]
  tell(
    'warm-up',
    settings['agent-protocol'] === 'mcp' && well
      ? skipped('an MCP server answers the ping of its protocol, without a nonce and without its tools')
      : judgeWarmUp({ tries: first?.tries ?? [], refusal: first?.refusal }),
  )
  step('asking for /ping')
  // An agent that answers with an error runs all the same.
  const isStarted = !/initialization time exceeded/i.test(failing?.refusal?.said ?? '')
  const running = well ?? (isStarted ? failing : undefined)
  tell('ping', await lookAtPing(settings, calling, running?.session, examination.signal))
  if (!well) {
    tell('calls', skipped('none went well'))
    return { isWarm: trials.length > 0 ? false : undefined, hop: undefined, canary: undefined, watched: [] }
  }
  if (!settings['no-message']) step('sending a message to the runtime')
  const { runtime, calls } = calling
  const sent = settings['no-message'] ? undefined : await sendCanary(settings.message, runtime, calls, well)
  const watched = await watch(settings, calling, well, examination)
  tell('calls', judgeCalls(calls.facts()))
  return { isWarm: true, hop: sent?.hop, canary: sent?.canary, watched }
}

async function lookAtPing(
  { 'agent-url': agentUrl }: DoctorSettings,
  calling: Calling,
  session: RuntimeSession | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  if (agentUrl) return judgePing(await askPing(agentUrl, signal))
  if (!session) return skipped('no microVM runs; give --agent-url for an agent on this machine')
  const answers = await askPingInside(calling, session, signal)
  if (typeof answers !== 'string') return judgePing(answers)
  return skipped(
    `no command could ask for it in the microVM (${answers}); give --agent-url, or allow bedrock-agentcore:InvokeAgentRuntimeCommand`,
  )
}

/** Leaves the session alone for a beat, then looks whether it is the same. Where there is a proxy, its session is watched. */
async function watch(
  settings: DoctorSettings,
  { runtime, calls }: Calling,
  { session, tries: [first] }: WarmTrial,
  examination: Examination,
): Promise<BeatFacts['watched']> {
  if (settings.proxyUrls.length > 0 || first?.echo === undefined) return []
  const beatMs = beatMsOf(settings, runtime.idleTimeoutMs)
  if (!(await leaveAlone(beatMs, settings, examination))) return []
  const { tries } = await tryWarmUps(runtime, calls, session, 1)
  return [{ of: 'the runtime', waitedMs: beatMs, isAlive: tries[0]?.echo === first.echo }]
}
