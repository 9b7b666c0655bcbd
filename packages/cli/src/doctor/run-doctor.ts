import { planWarmth } from '@warm-agent/pool/plan'
import { quotasOf } from '@warm-agent/protocol/prices'
import { type CheckReport, toReport } from './check-report.ts'
import { judgeBeat } from './checks/beat.ts'
import { judgeCanary } from './checks/canary.ts'
import { judgeClock } from './checks/clock.ts'
import { judgeOrphans } from './checks/orphans.ts'
import { judgeQuotas, type QuotaFacts } from './checks/quotas.ts'
import { judgeStream } from './checks/stream.ts'
import { beatMsOf, type DoctorSettings, readPlanFile } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { examineProxy, type ProxyExamined } from './examine-proxy.ts'
import { examineRuntime, type RuntimeExamined } from './examine-runtime.ts'
import { skipped } from './finding.ts'
import { listEmulated, readLedger } from './gather/ledger.ts'
import type { OwnSessions } from './gather/own-sessions.ts'
import { createRedactor } from './redact.ts'

export interface Diagnosis {
  reports: CheckReport[]
  /** What was examined, as it may be shown. */
  proxies: string[]
  /** Sessions of its own that could not be stopped. */
  notStopped: number
  isInterrupted: boolean
}

interface DoctorRun {
  signal: AbortSignal
  onReport(report: CheckReport): void
  onStep(text: string): void
}

/** Examines all that the settings name. Stops every session that it started, also when it is interrupted. */
export async function runDoctor(settings: DoctorSettings, { signal, onReport, onStep }: DoctorRun): Promise<Diagnosis> {
  const reports: CheckReport[] = []
  let notStopped = 0
  const { hide, redact } = createRedactor()
  // A query may have characters by which its end cannot be told in a text.
  for (const url of settings.proxyUrls) hide(new URL(url).search && url.slice(url.indexOf('?') + 1))
  const examination: Examination = {
    signal,
    hide,
    step: text => onStep(redact(text)),
    leave() {
      notStopped += 1
    },
    tell(check, verdict, of) {
      const report = toReport(check, verdict, of, redact)
      reports.push(report)
      onReport(report)
    },
  }
  let sessions: OwnSessions | undefined
  const proxies: ProxyExamined[] = []
  let isInterrupted = false
  const stopAll = async () => {
    notStopped += (await sessions?.stopAll()) ?? 0
  }
  try {
    // First, because a file or a Redis that cannot be read is a usage error: nothing must have been started by then.
    const quotas = await lookAtQuotas(settings)
    const orphans = await lookForOrphans(settings)
    const runtime = settings.arn
      ? await examineRuntime(settings.arn, settings, examination, started => {
          sessions = started
        })
      : undefined
    examination.step('stopping the sessions of the runtime')
    await stopAll()
    for (const url of settings.proxyUrls) {
      proxies.push(await examineProxy(url, settings, examination))
    }
    const isExplained = () => reports.some(({ status }) => status === 'wrong')
    judgeAll(settings, examination, runtime, proxies, isExplained)
    examination.tell('quotas', quotas)
    examination.tell('orphans', orphans)
  } catch (error) {
    if (!signal.aborted) throw error
    isInterrupted = true
  } finally {
    await stopAll()
  }
  return { reports, proxies: settings.proxyUrls.map(redact), notStopped, isInterrupted }
}

/** The checks that need what was seen of the runtime and of all proxies. */
function judgeAll(
  settings: DoctorSettings,
  { tell }: Examination,
  runtime: RuntimeExamined | undefined,
  proxies: readonly ProxyExamined[],
  isExplained: () => boolean,
): void {
  const clocks = [runtime?.clock, ...proxies.map(({ clock }) => clock)].filter(clock => clock !== undefined)
  tell('clock', judgeClock(clocks, runtime?.refusal))
  const assumedLifetimeMs = settings['agent-max-lifetime-seconds'] * 1_000
  const assumedIdleMs = Math.min((settings['agent-idle-timeout-seconds'] ?? 900) * 1_000, assumedLifetimeMs)
  const leases = proxies.map(({ beat }) => beat).filter(beat => beat !== undefined)
  const own = { of: 'a proxy with these settings', beatMs: beatMsOf(settings, assumedIdleMs), assumedIdleMs }
  const isOwnBeat = leases.length === 0 || settings['beat-seconds'] !== undefined
  tell(
    'beat',
    runtime || leases.length > 0
      ? judgeBeat({
          beats: [...(isOwnBeat ? [own] : []), ...leases],
          real: runtime?.real,
          assumedLifetimeMs: runtime ? assumedLifetimeMs : 0,
          watched: [...(runtime?.watched ?? []), ...proxies.flatMap(({ watched }) => watched)],
        })
      : skipped('no cadence is known'),
  )
  if (settings.free) {
    tell('stream', skipped('no session was started'))
    tell('canary', skipped('no session was started'))
    return
  }
  const hops = [runtime?.hop, ...proxies.flatMap(({ hops }) => hops)].filter(hop => hop !== undefined)
  tell('stream', hops.length > 0 ? judgeStream(hops) : skipped('nothing was streamed'))
  const canaries = [runtime?.canary, ...proxies.map(({ canary }) => canary)].filter(canary => canary !== undefined)
  const isCold = [runtime, ...proxies].some(examined => examined?.isWarm === false)
  const unexplained = isCold && !isExplained() ? { said: runtime?.refusal?.said } : undefined
  tell(
    'canary',
    canaries.length > 0 || unexplained
      ? judgeCanary(canaries, !settings.isMessageGiven, unexplained)
      : skipped('no session became warm'),
  )
}

async function lookAtQuotas(settings: DoctorSettings) {
  const region = /^arn:[^:]*:[^:]*:([a-z]{2}(?:-[a-z]+)+-\d):/.exec(settings.arn ?? '')?.[1] ?? 'us-east-1'
  return judgeQuotas({
    plan: await planOf(settings, region),
    qualifiers: settings['agent-runtime-qualifiers']?.length ?? 1,
    endpointsAllowed: quotasOf(region).endpoints,
  })
}

async function planOf(settings: DoctorSettings, region: string): Promise<QuotaFacts['plan']> {
  if (settings.plan !== undefined) return { headroom: await readPlanFile(settings.plan) }
  const { rate: ratePerSecond, 'agent-runtime-platform': platform } = settings
  if (ratePerSecond === undefined) return undefined
  try {
    return { headroom: planWarmth({ ratePerSecond, region, platform }).quotas }
  } catch (error) {
    return { refused: (error as Error).message }
  }
}

async function lookForOrphans(settings: DoctorSettings) {
  const redisUrl = settings['warm-agent-redis-url']
  const held = redisUrl === undefined ? undefined : await readLedger(redisUrl)
  const endpoint = process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE
  const known = new Set(held?.map(({ tag }) => tag))
  const running = held && settings.arn && endpoint ? await listEmulated(endpoint) : []
  return judgeOrphans({ held, unlisted: running.filter(tag => !known.has(tag)), now: Date.now() })
}
