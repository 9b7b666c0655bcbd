import { Transform } from 'node:stream'
import { type Clock, delay } from '../clock.ts'
import type { CallFaults } from './create-chaos.ts'

/** What an answer has to get through on its way to the client, for `pipeline`: nothing, when nothing is to go wrong with it. */
export function hindrances({ chunkMs, cutAfter }: CallFaults, clock: Clock, clientLeft: AbortSignal): Transform[] {
  return [
    ...(chunkMs > 0 ? [slowDown(chunkMs, clock, clientLeft)] : []),
    ...(cutAfter === undefined ? [] : [cut(cutAfter)]),
  ]
}

function slowDown(chunkMs: number, clock: Clock, signal: AbortSignal): Transform {
  return new Transform({
    transform(chunk, _, done) {
      delay(clock, chunkMs, signal).then(() => done(null, chunk), done)
    },
  })
}

/** Passes so many bytes on, and then fails: at the end of a shorter answer. */
function cut(most: number): Transform {
  let left = most
  const failure = new Error('The connection is cut (chaos).')
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      this.push(passed)
      if (left > 0) done()
      // What was passed is to leave this machine first.
      else setImmediate(done, failure)
    },
    flush: done => done(failure),
  })
}
