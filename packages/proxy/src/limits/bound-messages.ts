import { WarmAgentError } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { limitKeyOf } from './limit-key-of.ts'

/** Takes a message on. @returns what tells that it is over, answer and all: only the first time counts. */
export type AdmitMessage = (caller: Caller) => () => void

/** An answer may end at any time, so this only keeps whoever was refused from asking at once. Milliseconds. */
const retryAfterMs = 1_000

/**
 * Bounds the messages that one caller has in flight. They are counted in this process, whatever the fleet: what they occupy is
 * its sockets.
 */
export function boundMessages(mostPerCaller: number): AdmitMessage {
  const inFlight = new Map<string, number>()

  return caller => {
    const key = limitKeyOf(caller)
    const count = inFlight.get(key) ?? 0
    if (count >= mostPerCaller) throw tooMany()
    inFlight.set(key, count + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = (inFlight.get(key) ?? 1) - 1
      if (left > 0) inFlight.set(key, left)
      else inFlight.delete(key)
    }
  }
}

function tooMany(): WarmAgentError {
  return new WarmAgentError(
    'rate_limited',
    'Could not send the message: limits.messagesAtOncePerCaller is reached. Wait until an answer has ended, or stop one.',
    { retryAfterMs },
  )
}
