import { endpointOf, isRuntimeArn, regionOfArn } from '@warm-agent/agentcore'
import { runtimeFrom } from '../runtime-settings.ts'
import { checking, UsageError } from '../usage-error.ts'
import { judgeArn } from './checks/arn.ts'
import { judgeAuth } from './checks/auth.ts'
import type { RuntimeTimes } from './checks/beat.ts'
import type { ClockReading } from './checks/clock.ts'
import { judgeCredentials } from './checks/credentials.ts'
import { judgeEndpoint } from './checks/endpoint.ts'
import { judgeRegion } from './checks/region.ts'
import type { DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { type AgentExamined, examineAgent } from './examine-agent.ts'
import { type Refusal, skipped } from './finding.ts'
import { findCredentials } from './gather/credentials.ts'
import { createOwnSessions, type OwnSessions } from './gather/own-sessions.ts'
import { askPlatform } from './gather/platform.ts'
import { readToken } from './gather/read-token.ts'
import { createRetriedCalls } from './gather/retried-calls.ts'
import { askControlPlane, askEmulator } from './gather/runtime-configuration.ts'
import { tryEndpoints, tryStops } from './gather/try-endpoints.ts'

/** What the checks that look at everything need to know of the runtime. */
export interface RuntimeExamined extends AgentExamined {
  /** How it is really configured; `undefined` when nobody could tell. */
  real: RuntimeTimes | undefined
  clock: ClockReading | undefined
  /** The first refusal that a call met: the clock may be its cause. */
  refusal: Refusal | undefined
}

/** Looks at the runtime itself, past every proxy. @param onSessions Gets the list of sessions before the first one is started. */
export async function examineRuntime(
  arn: string,
  settings: DoctorSettings,
  examination: Examination,
  onSessions: (sessions: OwnSessions) => void,
): Promise<RuntimeExamined | undefined> {
  const { tell, step, signal, hide } = examination
  const others = settings['agent-runtime-fallback-arns'] ?? []
  tell('arn', judgeArn(arn, others))
  if (!isRuntimeArn(arn)) return undefined
  const region = regionOfArn(arn)
  const auth = settings['agent-runtime-auth'] ?? 'sigv4'
  const qualifiers = settings['agent-runtime-qualifiers'] ?? ['DEFAULT']
  step('asking the platform')
  const url = await findEndpoint(region)
  const platform = await askPlatform(url, arn, qualifiers[0] ?? 'DEFAULT', signal)
  const isAws = /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname)
  const found = auth === 'sigv4' ? await findCredentials(region, hide) : { missing: 'not looked for' }
  const token = await readToken(settings['agent-runtime-token-file'])
  hide(token)
  const setRegion = settings['aws-region']
  const examined = { clock: platform.clock, isWarm: undefined, hop: undefined, canary: undefined, watched: [] }
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
  const calls = createRetriedCalls(sessions.runtime, signal)
  const canCall = auth === 'oauth' ? token !== undefined : !('missing' in found)
  const tryAll = () => (settings.free ? tryStops(runtime, qualifiers) : tryEndpoints(runtime, calls, qualifiers, step))
  const trials = canCall ? await tryAll() : []
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
  if (settings.free) {
    tell('warm-up', skipped('no session was started'))
    return { ...examined, real, refusal }
  }
  const calling = { runtime, calls, arn, region, token }
  return { ...examined, real, refusal, ...(await examineAgent(trials, calling, settings, examination)) }
}

/** @throws UsageError when the AWS SDK's files name one that makes no sense. */
async function findEndpoint(region: string): Promise<string> {
  try {
    return (await endpointOf(region)()).href.replace(/\/$/, '')
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}
