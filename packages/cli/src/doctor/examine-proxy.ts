import { wireVersion } from '@warm-agent/protocol'
import type { ClockReading } from './checks/clock.ts'
import { judgeCookie } from './checks/cookie.ts'
import { judgeOrigin, type OriginFacts } from './checks/origin.ts'
import { judgeProxy } from './checks/proxy.ts'
import type { DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { examineSession, type SessionExamined } from './examine-session.ts'
import { skipped } from './finding.ts'
import { createPage, type Page } from './gather/page.ts'

/** What the checks that look at everything need to know of a proxy. */
export interface ProxyExamined extends SessionExamined {
  clock: ClockReading | undefined
  /** Whether a session became warm; `undefined` when none was tried, or none of this caller's is warmed. */
  isWarm: boolean | undefined
}

/** The origin of a page that nobody can have: the domain is reserved (RFC 2606). */
const stranger = 'https://warm-agent-doctor.invalid'

/** When so many callers in a row are held out, most callers are. */
const mostOtherVisitors = 20

/** Looks at a proxy as a page sees it. */
export async function examineProxy(
  url: string,
  settings: DoctorSettings,
  examination: Examination,
): Promise<ProxyExamined> {
  const { tell, step } = examination
  const of = settings.proxyUrls.length > 1 ? url : undefined
  const own = new URL(url).origin
  const pageOrigin = settings['page-origin'] ?? own
  const header = settings['proxy-header']
  step(`asking the proxy ${url}`)
  const page = createPage(url, own, header, examination)
  const { health, clock } = await page.health()
  const examined: ProxyExamined = {
    clock,
    isWarm: undefined,
    hops: [],
    canary: undefined,
    beat: undefined,
    watched: [],
  }
  const facts = { url, health, hasHeader: header !== undefined }
  if ('unreachable' in health || !health.isOurs || health.version !== wireVersion) {
    tell('proxy', judgeProxy({ ...facts, open: undefined, streamed: undefined }), of)
    return examined
  }
  const origins = await askOrigins(page, url, own, pageOrigin)
  if (settings.free) {
    tell('proxy', judgeProxy({ ...facts, open: undefined, streamed: undefined }), of)
    tell('origin', judgeOrigin(origins), of)
    return examined
  }
  step(`opening a session by ${url}`)
  // When the page is refused, which is reported, the rest is examined from the proxy's own origin.
  const arrive = () => createPage(url, origins.request.status === 403 ? own : pageOrigin, header, examination)
  let visitor = arrive()
  try {
    let opened = await visitor.open()
    // A new page has no cookie: to the proxy it is another caller, who may not be held out.
    for (let left = header ? 0 : mostOtherVisitors; opened.refusal?.isHeldOut && left > 0; left--) {
      visitor = arrive()
      opened = await visitor.open()
    }
    tell('proxy', judgeProxy({ ...facts, open: opened.refusal, streamed: opened.refusal ? undefined : opened }), of)
    const isAnothers = opened.refusal?.isHeldOut || (opened.status === 401 && !header)
    if (!isAnothers) examined.isWarm = opened.events.some(({ event }) => event === 'warm')
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
    Object.assign(examined, await examineSession(url, visitor, opened, settings, examination))
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
