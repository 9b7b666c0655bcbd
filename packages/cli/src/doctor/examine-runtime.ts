import { setTimeout as sleep } from 'node:timers/promises'
import { endpointOf, regionOfArn } from '@warm-agent/agentcore'
import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import { runtimeFrom } from '../runtime-settings.ts'
import { checking } from '../usage-error.ts'
import { isRuntimeArn, judgeArn } from './checks/arn.ts'
import { judgeAuth } from './checks/auth.ts'
import type { BeatFacts } from './checks/beat.ts'
import { judgeCalls } from './checks/calls.ts'
import type { Canary } from './checks/canary.ts'
import type { ClockReading } from './checks/clock.ts'
import { judgeCredentials } from './checks/credentials.ts'
import { judgeEndpoint } from './checks/endpoint.ts'
import { judgePing } from './checks/ping.ts'
import { judgeRegion } from './checks/region.ts'
import type { HopTimes } from './checks/stream.ts'
import { judgeWarmUp } from './checks/warm-up.ts'
import type { DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { inWords, type Refusal, skipped, type Verdict } from './finding.ts'
import { askPing, askPingInside } from './gather/ask-ping.ts'
import { findCredentials } from './gather/credentials.ts'
import { createOwnSessions, type OwnSessions } from './gather/own-sessions.ts'
import { askPlatform } from './gather/platform.ts'
import { readToken } from './gather/read-token.ts'
import { createRetriedCalls, type RetriedCalls } from './gather/retried-calls.ts'
import { askControlPlane, askEmulator } from './gather/runtime-configuration.ts'
import { sendCanary } from './gather/send-canary.ts'
import { redact, tryEndpoints, tryStops } from './gather/try-endpoints.ts'
import { tryWarmUps, type WarmTrial } from './gather/warm-trial.ts'

/** What the checks that look at everything need to know of the runtime. */
export interface RuntimeExamined {
  /** Where calls go. */
  url: string
  region: string
  real: BeatFacts['real']
  clock: ClockReading | undefined
  /** What the clock was blamed for. */
  refusal: Refusal | undefined
  hop: HopTimes | undefined
  canary: Canary | undefined
  watched: BeatFacts['watched']
}

/** A beat that is this short is waited for unasked. Milliseconds. */
export const shortBeatMs = 5_000

/** Looks at the runtime itself, past every proxy. @param onSessions Hears of the list of sessions before the first is started. */
export async function examineRuntime(
  arn: string,
  settings: DoctorSettings,
  examination: Examination,
  onSessions: (sessions: OwnSessions) => void,
): Promise<RuntimeExamined | undefined> {
  const { tell, step, signal } = examination
  const others = settings['agent-runtime-fallback-arns'] ?? []
  tell('arn', judgeArn(arn, others))
  if (!isRuntimeArn(arn)) return undefined
  const region = regionOfArn(arn)
  const auth = settings['agent-runtime-auth'] ?? 'sigv4'
  const qualifiers = settings['agent-runtime-qualifiers'] ?? ['DEFAULT']
  step('asking the platform')
  const url = (await endpointOf(region)()).href.replace(/\/$/, '')
  const platform = await askPlatform(url, arn, qualifiers[0] ?? 'DEFAULT', signal)
  const isAws = /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname)
  const found = auth === 'sigv4' ? await findCredentials(region) : { missing: 'not looked for' }
  const token = await readToken(settings['agent-runtime-token-file'])
  const setRegion = settings['aws-region']
  const examined = { url, region, clock: platform.clock, hop: undefined, canary: undefined, watched: [] }
  if (platform.unreachable !== undefined) {
    tell('region', judgeRegion({ arnRegion: region, setRegion, endpoint: url, refusal: undefined }))
    tell('endpoint', judgeEndpoint({ url, unreachable: platform.unreachable, qualifiers: [] }))
    tell('credentials', judgeCredentials({ auth, found, refusal: undefined }))
    return { ...examined, real: undefined, refusal: undefined }
  }
  const real = isAws ? await askControlPlane(arn, region, signal) : await askEmulator(url, signal)
  const runtime = checking(() =>
    runtimeFrom({
      ...settings,
      'agent-runtime-arn': arn,
      'agent-runtime-fallback-arns': undefined,
      // The region of the ARN, so that a wrong one in the environment does not hide the rest.
      'aws-region': undefined,
    }),
  )
  const sessions = createOwnSessions(runtime)
  onSessions(sessions)
  const calls = createRetriedCalls(sessions.runtime, redact, signal)
  const canCall = auth === 'oauth' ? token !== undefined : !('missing' in found)
  const trials = !canCall
    ? []
    : settings.free
      ? await tryStops(runtime, qualifiers)
      : await tryEndpoints(runtime, calls, qualifiers, step)
  const refusal = trials.find(trial => trial.refusal)?.refusal

  tell('region', judgeRegion({ arnRegion: region, setRegion, endpoint: url, refusal }))
  tell(
    'endpoint',
    canCall
      ? judgeEndpoint({
          url,
          unreachable: undefined,
          qualifiers: trials.map(({ session: { qualifier }, refusal }) => ({ qualifier, refusal })),
        })
      : skipped('it cannot be called without credentials'),
  )
  tell(
    'auth',
    judgeAuth({ auth, takes: platform.takes, issuers: platform.issuers, hasToken: token !== undefined, refusal }),
  )
  tell('credentials', judgeCredentials({ auth, found, refusal }))
  const well = trials.find(trial => !trial.refusal && trial.tries.length > 0)
  if (settings.free) {
    tell('warm-up', skipped('no session was started'))
    return { ...examined, real, refusal }
  }
  const failing = trials.find(({ refusal }) => refusal?.reason === 'agent')
  const first = failing ?? well ?? trials[0]
  // An agent that answers with an error runs all the same.
  const running = well ?? (/initialization time exceeded/i.test(failing?.refusal?.said ?? '') ? undefined : failing)
  tell(
    'warm-up',
    settings['agent-protocol'] === 'mcp' && well
      ? skipped('an MCP server answers the ping of its protocol, without a nonce and without its tools')
      : judgeWarmUp({ tries: first?.tries ?? [], refusal: first?.refusal }),
  )
  step('asking for /ping')
  tell('ping', await lookAtPing(settings, { arn, region, token }, running?.session, signal))
  if (!well) {
    tell('calls', skipped('none went well'))
    return { ...examined, real, refusal }
  }
  if (!settings['no-message']) step('sending a message to the runtime')
  const sent = settings['no-message'] ? undefined : await sendCanary(settings.message, runtime, calls, well)
  const watched = await watch(settings, runtime, calls, well, examination)
  tell('calls', judgeCalls(calls.facts()))
  return { ...examined, real, refusal, watched, hop: sent?.hop, canary: sent?.canary }
}

async function lookAtPing(
  { 'agent-url': agentUrl }: DoctorSettings,
  runtime: { arn: string; region: string; token: string | undefined },
  session: RuntimeSession | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  if (agentUrl) return judgePing(await askPing(agentUrl, signal))
  if (!session) return skipped('no microVM runs; give --agent-url for an agent on this machine')
  const answers = await askPingInside(runtime, session, signal)
  if (typeof answers !== 'string') return judgePing(answers)
  return skipped(
    `no command could ask for it in the microVM (${redact(answers)}); give --agent-url, or allow bedrock-agentcore:InvokeAgentRuntimeCommand`,
  )
}

/** Leaves the session alone for a beat, then looks whether it is the same. */
async function watch(
  settings: DoctorSettings,
  runtime: AgentRuntime,
  calls: RetriedCalls,
  { session, tries: [first] }: WarmTrial,
  { step, signal }: Examination,
): Promise<BeatFacts['watched']> {
  const beatMs = beatMsOf(settings, runtime.idleTimeoutMs)
  const isWanted = settings.proxyUrls.length === 0 && (settings['watch-beat'] || beatMs <= shortBeatMs)
  if (!isWanted || first?.echo === undefined) return []
  step(`leaving a session alone for ${inWords(beatMs)}`)
  await sleep(beatMs, undefined, { signal })
  const { tries } = await tryWarmUps(runtime, calls, session, 1)
  return [{ of: 'the runtime', waitedMs: beatMs, isAlive: tries[0]?.echo === first.echo }]
}

/** The beat of a proxy with these settings: 60 % of the idle timeout unless something else is said. */
export function beatMsOf(settings: DoctorSettings, idleTimeoutMs: number): number {
  const seconds = settings['beat-seconds']
  return seconds === undefined ? 0.6 * idleTimeoutMs : seconds * 1_000
}
