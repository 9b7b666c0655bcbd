import type { IncomingMessage } from 'node:http'
import { headerNames, routes } from '@warm-agent/protocol'
import { type Balanced, readWhole, sendBalanced } from './balanced-request.ts'
import type { PlannedMessage, Visit } from './fleet-plan.ts'
import type { SentMessage } from './observations.ts'
import type { FleetProxy } from './proxy-fleet.ts'
import { type FleetMessage, isAnswerTo } from './recording-agent.ts'
import type { Tally } from './tally.ts'
import { waitUntil } from './wait-until.ts'

export interface BrowserSetup {
  places: readonly FleetProxy[]
  random: () => number
  tally: Tally
  /** Aborts when the run is to end: then nobody waits, and nothing more is sent. */
  interrupted: AbortSignal
  /** Tickets that lie about, for those who steal. */
  tickets: string[]
}

/** So many tickets lie about. */
const mostTickets = 50

/** One page, from its opening to its end. What it sees is written into the tally. */
export async function visitFleet(visit: Visit, { places, random, tally, interrupted, tickets }: BrowserSetup) {
  const { browser } = visit
  let cookie = ''
  let ticket = ''
  let beatMs = Number.POSITIVE_INFINITY
  let hasSent = false
  let hasLeft = false
  let beatTimer: ReturnType<typeof setTimeout> | undefined
  let beating: Promise<void> | undefined
  let openStream: IncomingMessage | undefined

  async function post(path: string, body?: string, presented = ticket): Promise<Balanced> {
    const headers = { ...(cookie && { cookie }), ...(presented && { [headerNames.ticket]: presented }) }
    const balanced = await sendBalanced(places, random, { path, headers, ...(body !== undefined && { body }) })
    // Whatever is left unread must not end this process when it breaks.
    balanced.answer?.on('error', () => {})
    cookie = balanced.answer?.headers['set-cookie']?.[0]?.split(';')[0] ?? cookie
    return balanced
  }

  function keep(lease: { ticket: string; beatMs: number }): void {
    ticket = lease.ticket
    beatMs = lease.beatMs
  }

  async function open(): Promise<void> {
    const { answer } = await post(routes.open.path, '{}')
    if (answer?.statusCode !== 200) {
      tally.opened(answer ? refusalOf((await readWhole(answer)).text) : 'broken')
      return
    }
    openStream = answer
    const leased = new Promise<void>(resolve => void listen(answer, resolve).finally(resolve))
    await leased
    armBeat()
  }

  /** Goes on listening while the page is used. */
  async function listen(answer: IncomingMessage, onLease: () => void): Promise<void> {
    let text = ''
    let ending = 'broken'
    try {
      for await (const chunk of answer.setEncoding('utf8')) {
        text += chunk
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const [, event, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
          text = text.slice(end + 2)
          if (event === 'lease') {
            keep(JSON.parse(data))
            onLease()
          }
          // A message that was sent meanwhile has a newer ticket.
          if (event === 'warm' && !hasSent) keep(JSON.parse(data))
          if (event === 'warm') ending = 'warmed'
          if (event === 'failed') ending = 'failed'
        }
      }
    } catch {
      // It broke, as is told below.
    }
    tally.opened(hasLeft && ending === 'broken' ? 'left' : ending)
  }

  function armBeat(): void {
    clearTimeout(beatTimer)
    if (!Number.isFinite(beatMs)) return
    beatTimer = setTimeout(() => {
      beating = beat().finally(() => {
        beating = undefined
      })
    }, beatMs)
  }

  async function beat(): Promise<void> {
    if (!ticket) return
    const { answer } = await post(routes.beat.path)
    const text = answer ? (await readWhole(answer)).text : ''
    if (answer?.statusCode === 200) keep(JSON.parse(text))
    if (answer?.statusCode === 410) ticket = ''
    tally.beat(answer?.statusCode === 200 ? 'answered' : answer?.statusCode === 410 ? 'expired' : 'failed')
    if (!hasLeft) armBeat()
  }

  async function send({ pieces, upset }: PlannedMessage, index: number): Promise<void> {
    // A beat and a message do not cross: what a beat ends would else end the answer too, and nobody could tell why.
    clearTimeout(beatTimer)
    await beating
    hasSent = true
    const message: FleetMessage = { id: `${browser}-${index}`, browser, pieces, upset }
    const sentAtMs = Date.now()
    const { proxy, answer } = await post(routes.message.path, JSON.stringify(message))
    const sent = { id: message.id, browser, sentAtMs, proxy }
    tally.message({ ...sent, ...(await whatCameOf(message.id, answer)) })
    ticket = String(answer?.headers[headerNames.ticket.toLowerCase()] ?? ticket)
    armBeat()
  }

  async function steal(): Promise<void> {
    const stolen = tickets[Math.floor(random() * tickets.length)]
    if (!stolen || stolen === ticket) return
    const { answer } = await post(routes.beat.path, undefined, stolen)
    answer?.resume()
    if (answer) tally.theft(answer.statusCode === 401)
  }

  async function leave(): Promise<void> {
    hasLeft = true
    clearTimeout(beatTimer)
    await beating
    const { leaving, parkMs } = visit
    if (interrupted.aborted || leaving === 'vanish' || !ticket) {
      openStream?.destroy()
      return
    }
    const query = leaving === 'park' ? `?afterMs=${Math.round(parkMs)}` : ''
    const { proxy, answer } = await post(`${routes.close.path}${query}`)
    answer?.resume()
    if (answer?.statusCode === 204) {
      tally.farewell({ browser, leaving, atMs: Date.now(), parkMs, proxy })
    }
    openStream?.destroy()
  }

  await open()
  if (ticket && tickets.length < mostTickets) tickets.push(ticket)
  if (visit.steals) await steal()
  for (const [index, message] of visit.messages.entries()) {
    await waitUntil(Date.now() + message.thinkMs, interrupted)
    if (interrupted.aborted) break
    await send(message, index)
  }
  await waitUntil(Date.now() + visit.lingerMs, interrupted)
  await leave()
}

async function whatCameOf(
  id: string,
  answer: IncomingMessage | undefined,
): Promise<Pick<SentMessage, 'saw' | 'outcome' | 'status' | 'code'>> {
  if (!answer) return { saw: 'unknown' }
  const { text, isBroken } = await readWhole(answer)
  const { statusCode: status = 0, headers } = answer
  if (status !== 200) return { saw: 'refused', status, code: /"code":"(\w+)"/.exec(text)?.[1] ?? 'none' }
  const outcome = String(headers[headerNames.outcome.toLowerCase()])
  const found = isAnswerTo(id, text)
  if (found === 'foreign') return { saw: 'foreign', outcome }
  if (found === 'whole') return { saw: 'answered', outcome }
  return { saw: isBroken ? 'cut' : 'short', outcome }
}

/** By the limit that was reached, else by the error. */
function refusalOf(text: string): string {
  const [, limit] = /limits\.(\w+)/.exec(text) ?? []
  const [, code] = /"code":"(\w+)"/.exec(text) ?? []
  return `refused by ${limit ?? code ?? 'nobody knows whom'}`
}
