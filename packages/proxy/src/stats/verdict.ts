import type { Interval } from './difference.ts'

/** What to do, and why. */
export interface Verdict {
  advice: 'wait' | 'keep' | 'shorten-hold' | 'go-to-intent' | 'switch-off'
  /** A sentence for people. */
  reason: string
}

/** What a verdict is drawn from. */
export interface VerdictFacts {
  /** First messages of callers who were warmed. */
  firstMessages: number
  /** How many waits without warmth these are compared with. */
  compared: number
  savedMs: { p50: number; p95: number } | null
  meanSavedMs: Interval | null
  /** What warming costs, for each first message. */
  dollarsPerMessage: number
  mostDollarsPerSecond: number
  /** Whether all is known that is paid for. If not, it is more. */
  isWhole: boolean
  poolShareOfDollars: number
  /** Warm-ups whose session got a message, and those whose did not. Sessions that ended in a pool are in neither. */
  used: number
  unused: number
  /** The share of the dollars that went into the sessions counted in `unused`. */
  unusedShareOfDollars: number
  leadP95Ms: number | null
  unusedHeldP50Ms: number | null
}

const enoughMessages = 20
/** What none of so many had, at most one in twenty has (rule of three). Fewer may miss a start that is slow now and then. */
const enoughToRuleOut = 60
/** What a user does not notice (Nielsen's limit of "instantaneous" is 0.1 s; of an unbroken flow of thought, 1 s). */
const unnoticedMs = 200
const fewWriteShare = 0.2

/** The first rule that applies decides. Where the interval allows both answers, the advice is to wait. */
export function decideVerdict(facts: VerdictFacts): Verdict {
  const { firstMessages, compared, savedMs, meanSavedMs, mostDollarsPerSecond: dearest } = facts
  const { used, unused, leadP95Ms, unusedHeldP50Ms } = facts
  if (firstMessages < enoughMessages) {
    return wait(`Too little has been seen to tell: ${firstMessages} first messages of at least ${enoughMessages}.`)
  }
  if (!savedMs || !meanSavedMs) {
    return wait(
      `There is too little to compare ${firstMessages} first messages with: fewer than ${enoughMessages} warm-ups have ended, and fewer than ${enoughMessages} messages went cold. Hold a share of the callers out.`,
    )
  }
  const effect = `On average first messages are answered ${inWords(meanSavedMs)}`
  if (meanSavedMs.high < unnoticedMs) {
    if (compared >= enoughToRuleOut) return switchOff(`${effect}: nothing is saved that users notice.`)
    return wait(
      `${effect}, but of ${compared} starts a slow one may be missing. That takes ${enoughToRuleOut} without warmth.`,
    )
  }
  if (meanSavedMs.low < unnoticedMs) {
    return wait(`${effect}: too little has been seen to tell whether users notice. Hold more callers out, or wait.`)
  }
  if (savedMs.p50 < -unnoticedMs) {
    return wait(`${effect}, but ${soonerOrLater(savedMs.p50)} at the median. Look what makes warmed users wait.`)
  }
  const useShare = used / (used + unused)
  // Not a number when no page has warmed: then nothing is known about when to warm.
  if (useShare < fewWriteShare) {
    const reason = `Only ${inPercent(useShare)} of the warmed sessions got a message: warm when the visitor turns to the composer (warmOn: 'intent').`
    return { advice: 'go-to-intent', reason }
  }
  const isHeldLong = leadP95Ms !== null && unusedHeldP50Ms !== null && unusedHeldP50Ms > 2 * leadP95Ms
  if (isHeldLong && facts.unusedShareOfDollars > 0.5) {
    const reason = `95 % of those who write do so within ${inSeconds(leadP95Ms)}, but sessions that nobody used were held for ${inSeconds(unusedHeldP50Ms)}: hold them no longer than ${inSeconds(2 * leadP95Ms)}.`
    return { advice: 'shorten-hold', reason }
  }
  // The more is saved, the less a second costs.
  const perSecond = (ms: number) => (facts.dollarsPerMessage / ms) * 1_000
  const [least, most] = [perSecond(meanSavedMs.high), perSecond(meanSavedMs.low)]
  if (least > dearest) {
    const price = facts.isWhole ? inDollars(perSecond(meanSavedMs.estimate)) : `${inDollars(least)} or more`
    const remedy = facts.poolShareOfDollars > 0.5 ? ' Most of it is for what waits in the pool: try a smaller one.' : ''
    return switchOff(`A second saved costs ${price}, more than the $${dearest} that it may.${remedy}`)
  }
  if (!facts.isWhole) {
    return wait(
      `${effect}, but what that costs is not known: not all processes of the pool tell these statistics what it holds. Give them the pool's events (onPoolEvent), of a fleet by redisStats.`,
    )
  }
  if (most > dearest) {
    return wait(
      `${effect}. A second saved costs ${inDollars(least)} to ${inDollars(most)}: too little has been seen to tell whether more than $${dearest}.`,
    )
  }
  return { advice: 'keep', reason: `${effect}, at ${inDollars(perSecond(meanSavedMs.estimate))} for a second.` }
}

function wait(reason: string): Verdict {
  return { advice: 'wait', reason }
}

function switchOff(reason: string): Verdict {
  return { advice: 'switch-off', reason }
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(Math.abs(ms) < 10_000 ? 2 : 0)} s`
}

function soonerOrLater(ms: number): string {
  return ms < 0 ? `${inSeconds(-ms)} later` : `${inSeconds(ms)} sooner`
}

function inWords({ estimate, low, high }: Interval): string {
  return `${soonerOrLater(estimate)} (between ${soonerOrLater(low)} and ${soonerOrLater(high)} in 95 of 100 cases)`
}

function inDollars(dollars: number): string {
  return `$${dollars.toFixed(5)}`
}

function inPercent(share: number): string {
  return `${Math.round(share * 100)} %`
}
