import type { OpenEvent } from '@warm-agent/protocol'
import { openEvents } from '../../open-events.ts'
import { reasonOf } from './platform.ts'

/** What an opened session streamed. */
export interface Streamed {
  /** When each event came, in milliseconds from the first. */
  events: (OpenEvent & { atMs: number })[]
  /** Why it could not be read to its end, if so. */
  broken: string | undefined
}

/** Reads the stream of a warm-up to its end. @param onTicket Gets each ticket at once, so that its session can be closed. */
export async function readEvents(
  body: ReadableStream<Uint8Array> | null,
  onTicket: (ticket: string) => void,
  signal: AbortSignal,
): Promise<Streamed> {
  const events: Streamed['events'] = []
  let startedAt: number | undefined
  try {
    for await (const event of openEvents(body)) {
      const at = performance.now()
      startedAt ??= at
      if (event.event !== 'failed' && typeof event.data?.ticket === 'string') onTicket(event.data.ticket)
      if (!isOfWire(event)) return { events, broken: 'an event in it is not of this wire.' }
      events.push({ ...event, atMs: at - startedAt })
    }
    return { events, broken: undefined }
  } catch (error) {
    signal.throwIfAborted()
    // The parser quotes what it cannot read, which may be a ticket.
    return { events, broken: error instanceof SyntaxError ? 'an event in it holds no JSON.' : reasonOf(error) }
  }
}

/** Whoever stands between may answer anything. */
function isOfWire({ event, data }: OpenEvent): boolean {
  if (event === 'failed') return typeof data?.error?.code === 'string'
  const times = [data?.beatMs, data?.ttlMs, event === 'warm' ? data?.tookMs : 0]
  return typeof data?.ticket === 'string' && times.every(Number.isFinite)
}
