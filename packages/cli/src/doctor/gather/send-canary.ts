import type { AgentRuntime } from '@warm-agent/proxy'
import { askForStamps } from '../../bench/ask-for-stamps.ts'
import type { Canary } from '../checks/canary.ts'
import type { HopTimes } from '../checks/stream.ts'
import { readChunks, streamedErrorIn } from './read-chunks.ts'
import type { RetriedCalls } from './retried-calls.ts'
import { tryWarmUps, type WarmTrial } from './warm-trial.ts'

/** Sends a message on a warmed session. Looks how the answer streams, and whether it came from the microVM that was warmed. */
export async function sendCanary(
  message: string,
  runtime: AgentRuntime,
  calls: RetriedCalls,
  { session, tries: [first] }: WarmTrial,
): Promise<{ canary: Canary; hop: HopTimes | undefined }> {
  const sentAt = performance.now()
  const { answer, refusal } = await calls.sendOnce(session, {
    body: new TextEncoder().encode(message),
    contentType: 'application/json',
    accept: 'text/event-stream, application/json',
  })
  const chunks = answer && (await readChunks(answer.body))
  const said = refusal?.said ?? chunks?.broken ?? (chunks && streamedErrorIn(chunks.text))
  const isOfAgent = refusal ? refusal.reason === 'agent' : !chunks?.broken
  const isEchoing = first?.echo !== undefined
  const stamps = isEchoing ? await askForStamps(runtime, session) : null
  const [after] = isEchoing ? (await tryWarmUps(runtime, calls, session, 1)).tries : []
  const other = said === undefined ? 'fresh' : 'ended'
  const canary: Canary = {
    by: 'the runtime itself',
    warmedInMs: first?.tookMs ?? 0,
    source: 'started',
    outcome: undefined,
    answeredInMs: chunks && !chunks.broken ? chunks.firstAt - sentAt : undefined,
    vm: after?.echo === undefined ? 'unknown' : after.echo === first?.echo ? 'warmed' : other,
    ...(said !== undefined && { failure: { said, isOfAgent } }),
  }
  if (!chunks || said !== undefined) return { canary, hop: undefined }
  return {
    canary,
    hop: {
      hop: 'the runtime',
      what: 'message',
      chunksAtMs: chunks.atMs,
      events: chunks.events,
      sentOverMs: stamps ? stamps.exitMs - stamps.firstOutputMs : undefined,
      headers: { contentEncoding: answer.headers?.['content-encoding'] },
    },
  }
}
