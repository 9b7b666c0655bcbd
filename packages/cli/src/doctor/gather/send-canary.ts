import type { AgentRuntime } from '@warm-agent/proxy'
import { askForStamps } from '../../bench/ask-for-stamps.ts'
import type { Canary } from '../checks/canary.ts'
import type { HopTimes } from '../checks/stream.ts'
import type { PatientCalls } from './patient-calls.ts'
import { reasonOf } from './platform.ts'
import { type Chunks, readChunks, streamedErrorIn } from './read-chunks.ts'
import { redact } from './try-endpoints.ts'
import { tryWarmUps, type WarmTrial } from './warm-trial.ts'

/** Sends a message on the session that was warmed, and looks how its answer comes and whose VM it met. */
export async function sendCanary(
  message: string,
  runtime: AgentRuntime,
  calls: PatientCalls,
  { session, tries: [first] }: WarmTrial,
): Promise<{ canary: Canary; hop: HopTimes | undefined }> {
  const sentAt = performance.now()
  const { answer, refusal } = await calls.sendOnce(session, {
    body: new TextEncoder().encode(message),
    contentType: 'application/json',
    accept: 'text/event-stream, application/json',
  })
  const chunks: Chunks | string = answer ? await readChunks(answer.body).catch(reasonOf) : refusal.said
  const isEchoing = first?.echo !== undefined
  const stamps = isEchoing ? await askForStamps(runtime, session) : null
  const [after] = isEchoing ? (await tryWarmUps(runtime, calls, session, 1)).tries : []
  const vm = after?.echo === undefined ? 'unknown' : after.echo === first?.echo ? 'warmed' : 'fresh'
  const canary: Canary = {
    by: 'the runtime itself',
    warmedInMs: first?.tookMs ?? 0,
    source: 'started',
    outcome: undefined,
    answeredInMs: undefined,
    vm,
  }
  if (typeof chunks === 'string') {
    return { canary: { ...canary, failure: { said: chunks, isOfAgent: refusal?.reason === 'agent' } }, hop: undefined }
  }
  const answeredInMs = chunks.firstAt - sentAt
  const said = streamedErrorIn(chunks.text)
  if (said !== undefined) {
    return { canary: { ...canary, answeredInMs, failure: { said: redact(said), isOfAgent: true } }, hop: undefined }
  }
  return {
    canary: { ...canary, answeredInMs },
    hop: {
      hop: 'the runtime',
      what: 'message',
      chunksAtMs: chunks.atMs,
      events: chunks.events,
      sentOverMs: stamps ? stamps.exitMs - stamps.firstOutputMs : undefined,
      headers: { contentEncoding: answer?.headers?.['content-encoding'] },
    },
  }
}
