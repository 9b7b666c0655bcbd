import { randomUUID } from 'node:crypto'
import type { Beat, BeatFacts } from './checks/beat.ts'
import type { Canary } from './checks/canary.ts'
import type { HopTimes } from './checks/stream.ts'
import type { DoctorSettings } from './doctor-settings.ts'
import type { Examination } from './examination.ts'
import { leaveAlone } from './gather/leave-alone.ts'
import type { Opened, Page, Sent } from './gather/page.ts'
import { streamedErrorIn } from './gather/read-chunks.ts'
import { readEchoed } from './gather/read-echoed.ts'

/** What was seen of a session that a page has opened. */
export interface SessionExamined {
  beat: Beat | undefined
  hops: HopTimes[]
  canary: Canary | undefined
  watched: BeatFacts['watched']
}

/** What was seen of an answer. */
type Seen = Pick<Canary, 'outcome' | 'answeredInMs' | 'vm'>

/** Uses a session: does a message find its microVM, does the answer stream, does it outlive a beat? */
export async function examineSession(
  url: string,
  page: Page,
  { events, headers }: Opened,
  settings: DoctorSettings,
  examination: Examination,
): Promise<Partial<SessionExamined>> {
  const lease = events.find(event => event.event === 'lease')
  const warm = events.find(event => event.event === 'warm')
  if (!lease) return {}
  const { beatMs, ttlMs } = lease.data
  const beat = { of: 'the proxy', beatMs, assumedIdleMs: ttlMs }
  if (!warm) return { beat }
  const { tookMs, source } = warm.data
  const opening: HopTimes = {
    hop: url,
    what: 'warm-up',
    chunksAtMs: [0, warm.atMs - lease.atMs],
    events: 0,
    sentOverMs: source === 'pool' ? undefined : tookMs,
    headers: cluesOf(headers),
  }
  const isHttp = (settings['agent-protocol'] ?? 'http') === 'http'
  if (isHttp) examination.step(`sending a canary by ${url}`)
  const echoed = isHttp ? await sendWarmUp(page) : undefined
  if (!settings['no-message']) examination.step(`sending a message by ${url}`)
  const answered = settings['no-message'] ? undefined : await sendMessage(url, page, settings.message, echoed)
  const seen = echoed?.seen ?? answered?.seen
  const isLeftAlone = await leaveAlone(beatMs, settings, examination)
  return {
    beat,
    hops: answered?.hop ? [opening, answered.hop] : [opening],
    canary: seen && { by: url, warmedInMs: tookMs, source, ...seen, ...echoed?.failed, ...answered?.failed },
    watched: isLeftAlone ? [{ of: 'the proxy', waitedMs: beatMs, ...(await page.beat()) }] : [],
  }
}

/** Sends a warm-up as a message: the agent answers it without its own logic, and tells which nonce its microVM keeps. */
async function sendWarmUp(page: Page) {
  const nonce = randomUUID()
  const answer = await page.send(JSON.stringify({ type: 'warmup', nonce }))
  const { outcome, answeredInMs } = answer
  const { echo: kept } = readEchoed(answer.text)
  const vm = kept === undefined ? 'unknown' : kept === nonce ? 'fresh' : 'warmed'
  return { kept, seen: { outcome, answeredInMs, vm } satisfies Seen, failed: failureIn(answer) }
}

async function sendMessage(
  url: string,
  page: Page,
  message: string,
  echoed: Awaited<ReturnType<typeof sendWarmUp>> | undefined,
): Promise<{ seen: Seen; failed: Partial<Pick<Canary, 'failure' | 'vm'>>; hop?: HopTimes }> {
  const answer = await page.send(message)
  const after = echoed?.kept === undefined ? {} : await askAfter(page)
  const { outcome, answeredInMs, atMs: chunksAtMs, events, headers } = answer
  const seen: Seen = { outcome, answeredInMs, vm: 'unknown' }
  const failed = failureIn(answer)
  if (failed.failure) {
    const isReplaced = after.echo !== undefined && after.echo !== echoed?.kept
    return { seen, failed: { ...failed, ...(isReplaced && echoed?.seen.vm === 'warmed' && { vm: 'ended' }) } }
  }
  const stamps = after.timings?.at(-1)
  const sentOverMs = stamps && stamps.exitMs - stamps.firstOutputMs
  const hop: HopTimes = { hop: url, what: 'message', chunksAtMs, events, sentOverMs, headers: cluesOf(headers) }
  return { seen, failed, hop }
}

/** `agent_failed` is the agent's own error. An answer that is not the proxy's comes from something in between. */
function failureIn({ status, text, broken }: Sent): Pick<Canary, 'failure'> {
  if (broken !== undefined) return { failure: { said: broken, isOfAgent: false } }
  if (status >= 400) {
    const isOfAgent = status === 502 && text.includes('agent_failed')
    return { failure: { said: `${status} ${text.slice(0, 200)}`, isOfAgent } }
  }
  const said = streamedErrorIn(text)
  return said === undefined ? {} : { failure: { said, isOfAgent: true } }
}

/** Which nonce the microVM keeps after a message, and what the message took inside the agent. */
async function askAfter(page: Page) {
  const { text } = await page.send(JSON.stringify({ type: 'warmup', nonce: randomUUID(), timings: true }))
  return readEchoed(text)
}

function cluesOf(headers: Headers): HopTimes['headers'] {
  const read = (name: string) => headers.get(name) ?? undefined
  return { contentEncoding: read('content-encoding'), via: read('via'), server: read('server') }
}
