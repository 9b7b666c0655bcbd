import { type Finding, inWords, risk, saw, type Verdict, wrong } from '../finding.ts'

export interface BeatFacts {
  /** How often a held session is touched, and who says so. Milliseconds. */
  beats: readonly { of: string; beatMs: number; assumedIdleMs: number }[]
  /** What the runtime is really configured with; `undefined` when nobody could tell. Milliseconds. */
  real: { idleMs: number; maxLifetimeMs: number } | undefined
  /** What the settings of the proxy say of the lifetime. Milliseconds. */
  assumedLifetimeMs: number
  /** What was seen: a session that was left alone for so long, and whether it was still there. */
  watched: readonly { of: string; waitedMs: number; isAlive: boolean }[]
}

/** A beat may come late: jitter, a hidden tab that wakes once a minute, a teardown that begins early. */
const safeShare = 0.9

/** Whether held sessions are touched before they idle out. */
export function judgeBeat({ beats, real, assumedLifetimeMs, watched }: BeatFacts): Verdict {
  const findings: Finding[] = []
  for (const { of, beatMs, assumedIdleMs } of beats) {
    const idleMs = real?.idleMs ?? assumedIdleMs
    const settings = `${of} touches a held session every ${inWords(beatMs)}, and the runtime ends it after ${inWords(idleMs)} without a touch`
    const whatToDo =
      'Set AGENT_IDLE_TIMEOUT_SECONDS of the proxy to the idleRuntimeSessionTimeout of the runtime; the beat is 60 % of it unless limits.beatMs says otherwise.'
    if (beatMs >= idleMs) {
      findings.push(
        wrong(
          'beat-too-late',
          `${settings}.`,
          'Every session that is held for longer is dead when its beat or its message comes: warmed for nothing, and cold all the same.',
          whatToDo,
        ),
      )
    } else if (beatMs > safeShare * idleMs) {
      findings.push(
        risk('beat-close', `${settings}.`, 'A beat that comes a little late finds the session dead.', whatToDo),
      )
    }
    if (real && beatMs < idleMs && assumedIdleMs > real.idleMs + graceMs) {
      findings.push(
        wrong(
          'idle-timeout-differs',
          `${of} reckons with an idle timeout of ${inWords(assumedIdleMs)}, the runtime has ${inWords(real.idleMs)}.`,
          'Sessions that it holds for running have ended: messages go cold under a warm label.',
          whatToDo,
        ),
      )
    }
  }
  if (real && assumedLifetimeMs > real.maxLifetimeMs) {
    findings.push(
      wrong(
        'max-lifetime-differs',
        `The proxy reckons with a lifetime of ${inWords(assumedLifetimeMs)}, the runtime has ${inWords(real.maxLifetimeMs)}.`,
        'No beat holds a session past it: it ends in the middle of a hold that the proxy believes in.',
        'Set AGENT_MAX_LIFETIME_SECONDS of the proxy to the maxLifetime of the runtime.',
      ),
    )
  }
  for (const { of, waitedMs, isAlive } of watched) {
    if (isAlive || findings.some(({ id }) => id === 'beat-too-late')) continue
    findings.push(
      wrong(
        'beat-too-late',
        `A session of ${of} was gone after ${inWords(waitedMs)} without a touch.`,
        'A held session is touched later than that: it is dead when its beat or its message comes.',
        'Compare idleRuntimeSessionTimeout of the runtime with AGENT_IDLE_TIMEOUT_SECONDS of the proxy.',
      ),
    )
  }
  const cadence = beats.map(({ of, beatMs }) => `${inWords(beatMs)} (${of})`).join(', ')
  const timeout = real
    ? `the runtime's ${inWords(real.idleMs)}`
    : `${beats.map(({ assumedIdleMs }) => inWords(assumedIdleMs)).join(', ')} as set: the runtime's own was not to be read`
  return saw(`${cadence || 'none'} against an idle timeout of ${timeout}`, ...findings)
}

/** A lease tells what is left, which is a little less than the whole. */
const graceMs = 1_000
