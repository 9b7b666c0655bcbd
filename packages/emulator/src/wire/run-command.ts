import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { CallFaults } from '../chaos/create-chaos.ts'
import { hindrances } from '../chaos/hindrances.ts'
import { failLate } from '../chaos/rule-errors.ts'
import { type Clock, delay } from '../clock.ts'
import type { CommandRun } from '../engine.ts'
import { encodeEvent, encodeException, eventStreamType } from './event-stream.ts'

export interface CommandSetup {
  run: CommandRun
  timeoutMs: number
  response: ServerResponse
  clock: Clock
  faults: CallFaults
  /** Aborts when the VM ends or the client leaves: the command ends with it. */
  signal: AbortSignal
}

/** Streams what a command prints as `contentStart`, `contentDelta`s and `contentStop`. */
export async function streamCommand({ run, response, faults, signal, ...setup }: CommandSetup): Promise<void> {
  const timeout = startTimeout(run, setup)
  const end = () => void run.end()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })

  async function* events(): AsyncGenerator<Uint8Array> {
    yield encodeEvent('chunk', { contentStart: {} })
    for await (const contentDelta of read(run)) yield encodeEvent('chunk', { contentDelta })
    const exitCode = await run.exited
    if (signal.aborted) yield encodeException('runtimeClientError', 'The session ended while the command ran.')
    else {
      const contentStop = timeout.isOver() ? { exitCode: -1, status: 'TIMED_OUT' } : { exitCode, status: 'COMPLETED' }
      yield encodeEvent('chunk', { contentStop })
    }
  }

  try {
    if (faults.late) {
      for await (const _ of read(run));
      await failLate(faults.late, setup.clock, signal)
    }
    response.writeHead(200, { 'content-type': eventStreamType })
    response.flushHeaders()
    await pipeline([Readable.from(events()), ...hindrances(faults, setup.clock, signal), response])
  } finally {
    timeout.stop()
    signal.removeEventListener('abort', end)
    await run.end()
  }
}

function startTimeout(run: CommandRun, { clock, timeoutMs }: Pick<CommandSetup, 'clock' | 'timeoutMs'>) {
  let isOver = false
  const stopped = new AbortController()
  delay(clock, timeoutMs, stopped.signal).then(
    () => {
      isOver = true
      void run.end()
    },
    // The command was faster.
    () => {},
  )
  return { isOver: () => isOver, stop: () => stopped.abort() }
}

/** What a command printed; one that was ended just stops printing. */
async function* read(run: CommandRun): AsyncGenerator<{ stdout: string } | { stderr: string }> {
  try {
    yield* run.output
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}
