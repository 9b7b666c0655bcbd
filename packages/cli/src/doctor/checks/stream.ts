import { counted } from '../../counted.ts'
import { type Finding, inWords, risk, saw, skipped, type Verdict, wrong } from '../finding.ts'

/** How an answer was sent, and how it arrived through one hop. */
export interface HopTimes {
  /** A proxy's URL, or the runtime itself. */
  hop: string
  /** What was streamed. */
  what: 'message' | 'warm-up'
  /** When its chunks came, in milliseconds from the first. */
  chunksAtMs: readonly number[]
  /** Events in the stream; 0 for an answer of another kind. */
  events: number
  /** How long it was being sent at its source, if known: from the agent's stamps, or what the proxy says of the warm-up. */
  sentOverMs: number | undefined
  headers: { contentEncoding?: string | undefined; via?: string | undefined; server?: string | undefined }
}

/** A shorter stream tells nothing: the network itself may deliver it at once. */
const leastMs = 50
/** An answer that arrives in less than this share of the time in which it was sent was buffered. */
const gatheredShare = 0.3
/** This many events were most likely not made at the same moment. */
const fewEvents = 3

/** Whether an answer arrives as the agent makes it. @param times Hop by hop, from the agent outwards. */
export function judgeStream(times: readonly HopTimes[]): Verdict {
  const findings: Finding[] = []
  const told: string[] = []
  // The innermost hop that buffers, for each kind: outer hops only pass on what it has gathered.
  const blamed = new Map<HopTimes['what'], string>()
  let innerMs: number | undefined
  for (const hop of times) {
    const cameOverMs = hop.chunksAtMs.at(-1) ?? 0
    const sentOverMs = hop.what === 'message' ? (hop.sentOverMs ?? innerMs) : hop.sentOverMs
    if (hop.what === 'message') innerMs = Math.max(innerMs ?? 0, cameOverMs)
    if (sentOverMs === undefined || sentOverMs < leastMs) {
      if (cameOverMs >= leastMs) told.push(`${hop.hop}: ${hop.chunksAtMs.length} chunks over ${inWords(cameOverMs)}`)
      else if (sentOverMs === undefined && hop.events >= fewEvents) {
        told.push(`${hop.hop}: ${hop.events} events at once`)
        findings.push(perhapsBuffered(hop))
      }
      continue
    }
    if (cameOverMs >= gatheredShare * sentOverMs) {
      told.push(`${hop.hop}: ${inWords(cameOverMs)} of ${inWords(sentOverMs)}, ${hop.chunksAtMs.length} chunks`)
      continue
    }
    told.push(`${hop.hop}: all at once`)
    if (!blamed.has(hop.what) && ![...blamed.values()].includes(hop.hop)) {
      findings.push(buffered(hop, cameOverMs, sentOverMs))
    }
    if (!blamed.has(hop.what)) blamed.set(hop.what, hop.hop)
  }
  if (told.length === 0) {
    return skipped('no answer took long enough to tell: give --message something that your agent answers at length')
  }
  return saw(told.join('; '), ...findings)
}

function perhapsBuffered({ hop, events, chunksAtMs }: HopTimes): Finding {
  return risk(
    'stream-at-once',
    `An answer of ${events} events came by ${hop} in ${counted(chunksAtMs.length, 'chunk')}, all at once.`,
    'Either the agent makes its answer as a whole, or something between gathers it up; the user sees nothing until the last word.',
    'Give --message something that takes a while, and wrap the agent with @warm-agent/agent, whose stamps tell the two apart.',
  )
}

function buffered({ hop, what, chunksAtMs, headers }: HopTimes, cameOverMs: number, sentOverMs: number): Finding {
  const { contentEncoding, via, server } = headers
  const sent = what === 'message' ? 'an answer that was sent' : 'the events of a warm-up that were sent'
  const came = `${counted(chunksAtMs.length, 'chunk')} within ${inWords(cameOverMs)}`
  const clues = [
    contentEncoding && `content-encoding ${contentEncoding}`,
    via && `via ${via}`,
    server && `server ${server}`,
  ]
    .filter(Boolean)
    .join(', ')
  return wrong(
    'stream-buffered',
    `${hop} gathers streams up: ${sent} over ${inWords(sentOverMs)} came in ${came}${clues ? ` (${clues})` : ''}.`,
    'The user sees nothing until the last word, however warm the session is; what warming saved is lost again.',
    'Switch off buffering and compression for these routes: proxy_buffering off and gzip off in nginx, no compression middleware, on Lambda a function URL with RESPONSE_STREAM, in the agent a generator instead of a whole answer.',
  )
}
