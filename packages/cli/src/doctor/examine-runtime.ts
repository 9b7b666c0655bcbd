import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { regionOfArn } from '@warm-agent/agentcore'
import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import { askForStamps } from '../bench/ask-for-stamps.ts'
import { createSessionBooks, type SessionBooks } from '../bench/session-books.ts'
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
import { type Refusal, skipped } from './finding.ts'
import { askPing, askPingInside } from './gather/ask-ping.ts'
import { findCredentials } from './gather/credentials.ts'
import { createPatientCalls, type PatientCalls, pause } from './gather/patient-calls.ts'
import { askPlatform, endpointOf } from './gather/platform.ts'
import { readChunks } from './gather/read-chunks.ts'
import { askControlPlane, askEmulator } from './gather/runtime-configuration.ts'
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

/** Looks at the runtime itself, past every proxy. @param onBooks Hears of the books before the first session is started. */
export async function examineRuntime(
  arn: string,
  settings: DoctorSettings,
  examination: Examination,
  onBooks: (books: SessionBooks) => void,
): Promise<RuntimeExamined | undefined> {
  const { tell, step, signal } = examination
  tell('arn', judgeArn(arn))
  if (!isRuntimeArn(arn)) return undefined
  const region = regionOfArn(arn)
  const auth = settings['agent-runtime-auth'] ?? 'sigv4'
  const qualifiers = settings['agent-runtime-qualifiers'] ?? ['DEFAULT']
  step('asking the platform')
  const url = await endpointOf(region)
  const platform = await askPlatform(url, arn, qualifiers[0] ?? 'DEFAULT', signal)
  const isAws = /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname)
  const found = auth === 'sigv4' ? await findCredentials(region) : { missing: 'not looked for' }
  const token = await readToken(settings)
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
  const books = createSessionBooks(runtime)
  onBooks(books)
  const calls = createPatientCalls(books.runtime, redact, signal)
  const canCall = auth === 'oauth' ? token !== undefined : !('missing' in found)
  const trials = canCall ? await tryEach(settings, runtime, calls, qualifiers, step) : []
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
  tell('auth', judgeAuth({ auth, issuers: platform.issuers, hasToken: token !== undefined, refusal }))
  tell('credentials', judgeCredentials({ auth, found, refusal }))
  const well = trials.find(trial => !trial.refusal && trial.tries.length > 0)
  if (settings.free) {
    tell('warm-up', skipped('no session was started'))
    return { ...examined, real, refusal }
  }
  const first = trials.find(({ refusal }) => refusal?.reason === 'agent') ?? well ?? trials[0]
  tell(
    'warm-up',
    settings['agent-protocol'] === 'mcp' && well
      ? skipped('an MCP server answers the ping of its protocol, without a nonce and without its tools')
      : judgeWarmUp({ tries: first?.tries ?? [], refusal: first?.refusal }),
  )
  step('asking for /ping')
  tell('ping', await lookAtPing({ settings, arn, region, token, session: well?.session, signal }))
  if (!well) {
    tell('calls', judgeCalls(calls.facts()))
    return { ...examined, real, refusal }
  }
  const message = settings['no-message']
    ? undefined
    : await sendMessage(settings.message, runtime, books, calls, well, step)
  const watched = await watch(settings, runtime, calls, well, examination)
  tell('calls', judgeCalls(calls.facts()))
  return { ...examined, real, refusal, watched, hop: message?.hop, canary: message?.canary }
}

/** A whole session id or an account in the platform's words is nobody's business who reads a report. */
function redact(text: string): string {
  return text.replace(/\b(doctor-[0-9a-f]{6})[0-9a-f-]{30}/g, '$1…').replace(/:\d{12}:/g, ':…:')
}

async function readToken(settings: DoctorSettings): Promise<string | undefined> {
  const path = settings['agent-runtime-token-file']
  if (path === undefined) return undefined
  return checkingRead(path, await readFile(path, 'utf8').catch((error: Error) => error))
}

function checkingRead(path: string, read: string | Error): string {
  return checking(() => {
    if (typeof read === 'string') return read.trim()
    throw new Error(`Could not read the token file "${path}": ${read.message}. Give another AGENT_RUNTIME_TOKEN_FILE.`)
  })
}

function newSession(qualifier: string): RuntimeSession {
  return { id: `doctor-${randomUUID()}`, qualifier }
}

/** Warms a session on each endpoint; the first three times, which tells how the agent answers. */
async function tryEach(
  settings: DoctorSettings,
  runtime: AgentRuntime,
  calls: PatientCalls,
  qualifiers: readonly string[],
  step: Examination['step'],
): Promise<WarmTrial[]> {
  const trials: WarmTrial[] = []
  for (const qualifier of qualifiers) {
    const session = newSession(qualifier)
    if (settings.free) {
      // Nothing runs under this id, so a stop tells who may call, and costs nothing.
      const refusal = await runtime.stop(session).then(
        () => undefined,
        (error: Error & Partial<Refusal>): Refusal => ({
          reason: error.reason ?? 'timeout',
          said: redact(error.message),
        }),
      )
      trials.push({ session, tries: [], refusal })
      continue
    }
    step(`warming a session on ${qualifier}`)
    const isFirst = !trials.some(({ refusal }) => !refusal)
    trials.push(await tryWarmUps(runtime, calls, session, isFirst ? 3 : 1))
  }
  return trials
}

async function lookAtPing({
  settings,
  arn,
  region,
  token,
  session,
  signal,
}: {
  settings: DoctorSettings
  arn: string
  region: string
  token: string | undefined
  session: RuntimeSession | undefined
  signal: AbortSignal
}) {
  const agentUrl = settings['agent-url']
  if (agentUrl) return judgePing(await askPing(agentUrl, signal))
  if (!session) return skipped('no microVM runs; give --agent-url for an agent on this machine')
  const answers = await askPingInside({ arn, region, token }, session, signal)
  return typeof answers === 'string'
    ? skipped(
        `no command could ask for it in the microVM (${redact(answers)}); give --agent-url, or allow bedrock-agentcore:InvokeAgentRuntimeCommand`,
      )
    : judgePing(answers)
}

/** Sends a message on the session that was warmed, and looks how it comes and whose VM it met. */
async function sendMessage(
  message: string,
  runtime: AgentRuntime,
  books: SessionBooks,
  calls: PatientCalls,
  { session, tries: [first] }: WarmTrial,
  step: Examination['step'],
): Promise<{ hop: HopTimes | undefined; canary: Canary | undefined } | undefined> {
  step('sending a message to the runtime')
  const sentAt = performance.now()
  const { answer } = await calls.invoke(session, {
    body: new TextEncoder().encode(message),
    contentType: 'application/json',
    accept: 'text/event-stream, application/json',
  })
  // An agent that does not understand the message is not at fault.
  if (!answer) return undefined
  const chunks = await readChunks(answer.body).catch(() => undefined)
  if (!chunks) return undefined
  const stamps = first?.echo === undefined ? null : await askForStamps(books.runtime, session)
  const { tries } = first?.echo === undefined ? { tries: [] } : await tryWarmUps(runtime, calls, session, 1)
  const [after] = tries
  const vm = after?.echo === undefined ? 'unknown' : after.echo === first?.echo ? 'warmed' : 'fresh'
  return {
    hop: {
      hop: 'the runtime',
      what: 'message',
      chunksAtMs: chunks.atMs,
      events: chunks.events,
      sentOverMs: stamps ? stamps.exitMs - stamps.firstOutputMs : undefined,
      headers: { contentEncoding: answer.headers?.['content-encoding'] },
    },
    canary: {
      by: 'the runtime itself',
      warmedInMs: first?.tookMs ?? 0,
      source: 'started',
      evidence: first?.echo === undefined ? 'assumed' : 'observed',
      outcome: undefined,
      answeredInMs: chunks.firstAt - sentAt,
      vm,
    },
  }
}

/** Leaves the session alone for a beat, then looks whether it is the same. */
async function watch(
  settings: DoctorSettings,
  runtime: AgentRuntime,
  calls: PatientCalls,
  { session, tries: [first] }: WarmTrial,
  { step, signal }: Examination,
): Promise<BeatFacts['watched']> {
  const beatMs = beatMsOf(settings, runtime.idleTimeoutMs)
  const isWanted = settings.proxyUrls.length === 0 && (settings['watch-beat'] || beatMs <= shortBeatMs)
  if (!isWanted || first?.echo === undefined) return []
  step(`leaving a session alone for ${Math.ceil(beatMs / 1_000)} s`)
  await pause(beatMs, signal)
  const { tries } = await tryWarmUps(runtime, calls, session, 1)
  return [{ of: 'the runtime', waitedMs: beatMs, isAlive: tries[0]?.echo === first.echo }]
}

/** The beat of a proxy with these settings: 60 % of the idle timeout unless something else is said. */
export function beatMsOf(settings: DoctorSettings, idleTimeoutMs: number): number {
  const seconds = settings['beat-seconds']
  return seconds === undefined ? 0.6 * idleTimeoutMs : seconds * 1_000
}
