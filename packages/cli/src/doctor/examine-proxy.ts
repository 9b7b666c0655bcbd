import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BeatFacts } from './checks/beat.ts'
import type { Canary } from './checks/canary.ts'
import type { ClockReading } from './checks/clock.ts'
import { judgeCookie } from './checks/cookie.ts'
import { judgeOrigin, type OriginFacts } from './checks/origin.ts'
import { judgeProxy, type ProxyFacts } from './checks/proxy.ts'
import type { HopTimes } from './checks/stream.ts'
import type { DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { shortBeatMs } from './examine-runtime.ts'
import { inWords, skipped } from './finding.ts'
import { createPage, type Opened, type Page, type Sent } from './gather/page.ts'
import { streamedErrorIn } from './gather/read-chunks.ts'
import { readEchoed } from './gather/read-echoed.ts'
import { redact } from './gather/try-endpoints.ts'

/** What the checks that look at everything need to know of a proxy. */
export interface ProxyExamined {
  clock: ClockReading | undefined
  hops: HopTimes[]
  canary: Canary | undefined
  beat: BeatFacts['beats'][number] | undefined
  watched: BeatFacts['watched']
}

/** Nobody's page: the domain is reserved (RFC 2606). */
const stranger = 'https://warm-agent-doctor.invalid'

/** So few in a row are all held out only where most callers are. */
const mostOtherVisitors = 20

/** Looks at a proxy as a page sees it. */
export async function examineProxy(
  url: string,
  settings: DoctorSettings,
  examination: Examination,
): Promise<ProxyExamined> {
  const { tell, step, signal } = examination
  const of = settings.proxyUrls.length > 1 ? url : undefined
  const own = new URL(url).origin
  const pageOrigin = settings['page-origin'] ?? own
  const header = settings['proxy-header']
  step(`asking the proxy ${url}`)
  const page = createPage(url, own, header, signal)
  const { health, clock } = await page.health()
  const examined: ProxyExamined = { clock, hops: [], canary: undefined, beat: undefined, watched: [] }
  const facts = { url, health, hasHeader: header !== undefined }
  if ('unreachable' in health || !health.isOurs) {
    tell('proxy', judgeProxy({ ...facts, open: undefined, failed: undefined }), of)
    return examined
  }
  const origins = await askOrigins(page, url, own, pageOrigin)
  if (settings.free) {
    tell('proxy', judgeProxy({ ...facts, open: undefined, failed: undefined }), of)
    tell('origin', judgeOrigin(origins), of)
    return examined
  }
  step(`opening a session by ${url}`)
  // A page that is refused is told; the rest is looked at as the proxy's own.
  const arrive = () => createPage(url, origins.request.status === 403 ? own : pageOrigin, header, signal)
  let visitor = arrive()
  try {
    let opened = await visitor.open()
    // Without the cookie it is another caller, for whom the lot is drawn anew.
    for (let left = header ? 0 : mostOtherVisitors; opened.refusal?.isHeldOut && left > 0; left--) {
      visitor = arrive()
      opened = await visitor.open()
    }
    tell('proxy', judgeProxy({ ...facts, open: opened.refusal, failed: failureOf(opened) }), of)
    tell('origin', judgeOrigin(origins), of)
    tell(
      'cookie',
      opened.refusal
        ? skipped(
            opened.status === 401 ? 'the proxy wants to know the caller: give --proxy-header' : 'no session was opened',
          )
        : judgeCookie({ proxyUrl: url, pageOrigin, setCookies: opened.setCookies }),
      of,
    )
    Object.assign(examined, await useSession(url, visitor, opened, settings, examination))
  } finally {
    if (!(await visitor.close())) examination.leave()
  }
  return examined
}

async function askOrigins(page: Page, proxyUrl: string, own: string, pageOrigin: string): Promise<OriginFacts> {
  return {
    proxyUrl,
    pageOrigin,
    request: await page.askFrom(pageOrigin),
    preflight: pageOrigin === own ? undefined : await page.preflight(pageOrigin),
    stranger: await page.askFrom(stranger),
  }
}

function failureOf({ events }: Opened): ProxyFacts['failed'] {
  const failed = events.find(event => event.event === 'failed')
  return failed?.data.error
}

async function useSession(
  url: string,
  page: Page,
  { events, headers }: Opened,
  settings: DoctorSettings,
  { step, signal }: Examination,
): Promise<Partial<ProxyExamined>> {
  const lease = events.find(event => event.event === 'lease')
  const warm = events.find(event => event.event === 'warm')
  if (!lease) return {}
  const { beatMs, ttlMs } = lease.data
  const beat = { of: 'the proxy', beatMs, assumedIdleMs: ttlMs }
  if (!warm) return { beat }
  const { tookMs, source } = warm.data
  const hops: HopTimes[] = [
    {
      hop: url,
      what: 'warm-up',
      chunksAtMs: [0, warm.atMs - lease.atMs],
      events: 0,
      sentOverMs: source === 'pool' ? undefined : tookMs,
      headers: cluesOf(headers),
    },
  ]
  // A warm-up for a message: the agent answers it without its logic, and tells whose nonce its VM keeps.
  const nonce = randomUUID()
  const isHttp = (settings['agent-protocol'] ?? 'http') === 'http'
  let canary: Canary | undefined
  let kept: string | undefined
  if (isHttp) {
    step(`sending a canary by ${url}`)
    const answer = await page.send(JSON.stringify({ type: 'warmup', nonce }))
    const { outcome, answeredInMs } = answer
    const { echo } = readEchoed(answer.text)
    const vm = echo === undefined ? 'unknown' : echo === nonce ? 'fresh' : 'warmed'
    kept = echo
    canary = { by: url, warmedInMs: tookMs, source, outcome, answeredInMs, vm, ...failureIn(answer) }
  }
  if (!settings['no-message']) {
    step(`sending a message by ${url}`)
    const answered = await page.send(settings.message)
    const after = kept === undefined ? {} : await askAfter(page)
    const { outcome, answeredInMs } = answered
    canary ??= { by: url, warmedInMs: tookMs, source, outcome, answeredInMs, vm: 'unknown' }
    const failed = failureIn(answered)
    const isOther = after.echo !== undefined && after.echo !== kept
    const isEnded = failed.failure && canary.vm === 'warmed' && isOther
    canary = { ...canary, ...failed, vm: isEnded ? 'ended' : canary.vm }
    if (!failed.failure) {
      const stamps = after.timings?.at(-1)
      const sentOverMs = stamps && stamps.exitMs - stamps.firstOutputMs
      const { atMs: chunksAtMs, events } = answered
      hops.push({ hop: url, what: 'message', chunksAtMs, events, sentOverMs, headers: cluesOf(answered.headers) })
    }
  }
  const watched: { of: string; waitedMs: number; isAlive: boolean }[] = []
  if (settings['watch-beat'] || beatMs <= shortBeatMs) {
    step(`leaving a session alone for ${inWords(beatMs)}`)
    await sleep(beatMs, undefined, { signal })
    const status = await page.beat()
    watched.push({ of: 'the proxy', waitedMs: beatMs, isAlive: status !== 410 })
  }
  return { beat, hops, canary, watched }
}

/** `agent_failed` is the agent's own; an answer that is not ours is of something between. */
function failureIn({ status, text, broken }: Sent): Pick<Canary, 'failure'> {
  if (broken !== undefined) return { failure: { said: broken, isOfAgent: false } }
  if (status < 400) {
    const said = streamedErrorIn(text)
    return said === undefined ? {} : { failure: { said: redact(said), isOfAgent: true } }
  }
  return {
    failure: {
      said: `${status} ${text.slice(0, 200)}`,
      isOfAgent: status === 502 && text.includes('agent_failed'),
    },
  }
}

/** Whose nonce the microVM keeps after a message, and what that took inside the agent. */
async function askAfter(page: Page) {
  const { text } = await page.send(JSON.stringify({ type: 'warmup', nonce: randomUUID(), timings: true }))
  return readEchoed(text)
}

function cluesOf(headers: Headers): HopTimes['headers'] {
  const read = (name: string) => headers.get(name) ?? undefined
  return { contentEncoding: read('content-encoding'), via: read('via'), server: read('server') }
}
