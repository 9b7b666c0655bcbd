import { type Finding, inWords, risk, saw, type Verdict, wrong } from '../finding.ts'
import { isTicketRefused, keepTicketsGood } from './ticket-refused.ts'

/** How often `of` touches a held session, and the idle timeout that it reckons with. Milliseconds. */
export interface Beat {
  of: string
  beatMs: number
  assumedIdleMs: number
}

/** What the runtime is configured with, as far as a page notices it. Milliseconds. */
export interface RuntimeTimes {
  idleMs: number
  maxLifetimeMs: number
}

export interface BeatFacts {
  beats: readonly Beat[]
  /** `undefined` when nobody could tell. */
  real: RuntimeTimes | undefined
  /** What the settings of the proxy say of the lifetime. Milliseconds. */
  assumedLifetimeMs: number
  /** What was seen: a session that was left alone for so long, whether it was still there, and why nobody could tell, if so. */
  watched: readonly { of: string; waitedMs: number; isAlive: boolean; failed?: string | undefined }[]
}

/** A beat may come late: jitter, a hidden tab that wakes once a minute, a teardown that begins early. */
const safeShare = 0.9
/** A lease tells the time that is left, which is a little less than the idle timeout. */
const graceMs = 1_000

const setIdleTimeout =
  'Set AGENT_IDLE_TIMEOUT_SECONDS of the proxy to the idleRuntimeSessionTimeout of the runtime; the beat is 60 % of it unless limits.beatMs says otherwise.'

/** Whether held sessions are touched before they idle out. */
export function judgeBeat({ beats, real, assumedLifetimeMs, watched }: BeatFacts): Verdict {
  const late = beats.map(beat => lateFinding(beat, real?.idleMs ?? beat.assumedIdleMs))
  const isKnownLate = late.some(finding => finding?.id === 'beat-too-late')
  const cadence = beats.map(({ of, beatMs }) => `${inWords(beatMs)} (${of})`).join(', ')
  const timeout = real
    ? `the runtime's ${inWords(real.idleMs)}`
    : `${beats.map(({ assumedIdleMs }) => inWords(assumedIdleMs)).join(', ')} as set: the runtime's own was not to be read`
  return saw(
    `${cadence || 'none'} against an idle timeout of ${timeout}`,
    ...beats.flatMap((beat, index) => [late[index], real && timeoutFinding(beat, real)]),
    real && lifetimeFinding(assumedLifetimeMs, real),
    isKnownLate ? undefined : goneFinding(watched),
    failedFinding(watched),
  )
}

function lateFinding({ of, beatMs }: Beat, idleMs: number): Finding | undefined {
  const settings = `${of} touches a held session every ${inWords(beatMs)}, and the runtime ends it after ${inWords(idleMs)} without a touch.`
  if (beatMs >= idleMs) {
    return wrong(
      'beat-too-late',
      settings,
      'Every session that is held for longer is dead when its beat or its message comes: warmed for nothing, and cold all the same.',
      setIdleTimeout,
    )
  }
  if (beatMs <= safeShare * idleMs) return undefined
  return risk('beat-close', settings, 'A beat that comes a little late finds the session dead.', setIdleTimeout)
}

function timeoutFinding({ of, beatMs, assumedIdleMs }: Beat, { idleMs }: RuntimeTimes): Finding | undefined {
  if (beatMs >= idleMs || assumedIdleMs <= idleMs + graceMs) return undefined
  return wrong(
    'idle-timeout-differs',
    `${of} reckons with an idle timeout of ${inWords(assumedIdleMs)}, the runtime has ${inWords(idleMs)}.`,
    'Sessions that it holds for running have ended: messages go cold under a warm label.',
    setIdleTimeout,
  )
}

function lifetimeFinding(assumedLifetimeMs: number, { maxLifetimeMs }: RuntimeTimes): Finding | undefined {
  if (assumedLifetimeMs <= maxLifetimeMs) return undefined
  return wrong(
    'max-lifetime-differs',
    `The proxy reckons with a lifetime of ${inWords(assumedLifetimeMs)}, the runtime has ${inWords(maxLifetimeMs)}.`,
    'No beat holds a session past it: it ends in the middle of a hold that the proxy believes in.',
    'Set AGENT_MAX_LIFETIME_SECONDS of the proxy to the maxLifetime of the runtime.',
  )
}

/** The first one is enough: it has the same cause as the others. */
function goneFinding(watched: BeatFacts['watched']): Finding | undefined {
  const gone = watched.find(({ isAlive }) => !isAlive)
  return (
    gone &&
    wrong(
      'beat-too-late',
      `A session of ${gone.of} was gone after ${inWords(gone.waitedMs)} without a touch.`,
      'A held session is touched later than that: it is dead when its beat or its message comes.',
      'Compare idleRuntimeSessionTimeout of the runtime with AGENT_IDLE_TIMEOUT_SECONDS of the proxy.',
    )
  )
}

function failedFinding(watched: BeatFacts['watched']): Finding | undefined {
  const [beat] = watched.filter(({ failed }) => failed !== undefined)
  return (
    beat &&
    wrong(
      'beat-fails',
      `A beat by ${beat.of} failed: ${beat.failed}`,
      'A held session that no beat reaches idles out: it was warmed for nothing, and its message starts cold.',
      isTicketRefused(beat.failed ?? '')
        ? keepTicketsGood
        : 'See that what stands before the proxy passes POST on to /sessions/beat below the base path; the log of the proxy tells the rest.',
    )
  )
}
