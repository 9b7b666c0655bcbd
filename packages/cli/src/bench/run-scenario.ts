import { type ArrivalKind, arrivalTimesMs } from './arrivals.ts'
import type { Rig } from './rig.ts'
import { isAnswered, type Sample } from './sample.ts'
import { headStartMs, type ScenarioName } from './scenarios.ts'
import { visit } from './visit.ts'
import { waitUntil } from './wait-until.ts'

/** When messages are sent: as soon as one before is answered (`closed`), or at a rate of their own, answered or not (`open`). */
export type Load = { kind: 'closed'; concurrency: number } | { kind: 'open'; perSecond: number; arrivals: ArrivalKind }

export interface ScenarioRun {
  scenario: ScenarioName
  load: Load
  messages: number
  seed: number
  message: string
  delayMs: number
  leadMs: number
  timeoutMs: number
  /** Ends the run at once; the samples so far stay. */
  signal: AbortSignal
  /** Asked before every visit. */
  mayBegin(): boolean
  onSample(sample: Sample): void
}

/** Visits that do not count. They come first, and warm up connections, credentials and compilers. */
export const rehearsals = 1
const rehearsalTries = 3

/** Runs one scenario. What is in flight when it is aborted gives no sample. */
export async function runScenario(rig: Rig, run: ScenarioRun): Promise<void> {
  const { load, messages, signal, mayBegin, onSample } = run
  const failed = await rehearse(rig, run)
  // When nothing answers, every further message would only wait for its timeout.
  if (failed.length === rehearsalTries && run.scenario !== 'naive') return failed.forEach(onSample)
  const crowd = load.kind === 'closed' ? load.concurrency : 1
  const one = async (beganAt: number, dueAt?: number) => onSample(await visit(rig, { ...run, crowd, beganAt, dueAt }))

  if (load.kind === 'closed') {
    const beganAt = performance.now()
    let begun = 0
    const worker = async () => {
      while (begun < messages && mayBegin()) {
        begun += 1
        await one(beganAt)
      }
    }
    return settle(Array.from({ length: load.concurrency }, worker), signal)
  }

  const headMs = headStartMs(run.scenario, run)
  const beganAt = performance.now() + headMs
  const visits: Promise<void>[] = []
  const times = arrivalTimesMs({ kind: load.arrivals, perSecond: load.perSecond, count: messages, seed: run.seed })
  for (const atMs of times) {
    await waitUntil(beganAt + atMs - headMs, signal).catch(() => {})
    if (signal.aborted || !mayBegin()) break
    visits.push(one(beganAt, beganAt + atMs))
  }
  return settle(visits, signal)
}

/** @returns the visits that failed before one was answered. */
async function rehearse(rig: Rig, run: ScenarioRun): Promise<Sample[]> {
  const failed: Sample[] = []
  while (failed.length < rehearsalTries && run.mayBegin()) {
    const sample = await visit(rig, { ...run, crowd: 1, dueAt: undefined, beganAt: performance.now() })
    if (isAnswered(sample)) break
    failed.push(sample)
    if (run.scenario === 'naive') break
  }
  return failed
}

/** Waits for all of them. @throws the reason of one that failed, unless the run was aborted. */
async function settle(visits: Promise<void>[], signal: AbortSignal): Promise<void> {
  for (const { status, ...settled } of await Promise.allSettled(visits)) {
    if (status === 'rejected' && !signal.aborted) throw (settled as PromiseRejectedResult).reason
  }
}
