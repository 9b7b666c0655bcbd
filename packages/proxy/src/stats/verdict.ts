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
  savedMs: { p50: number; p95: number } | null
  perSecondSaved: number | null
  mostDollarsPerSecond: number
  /** Warm-ups whose session got a message, and whose did not. */
  used: number
  unused: number
  unusedShareOfDollars: number
  leadP95Ms: number | null
  unusedHeldP50Ms: number | null
}

const enoughMessages = 20
/** What a user does not notice (Nielsen's limit of "instantaneous" is 0.1 s; of an unbroken flow of thought, 1 s). */
const unnoticedMs = 200
const fewWriteShare = 0.2

/** The first rule that applies decides. */
export function decideVerdict(facts: VerdictFacts): Verdict {
  const { firstMessages, savedMs, perSecondSaved, used, unused, leadP95Ms, unusedHeldP50Ms } = facts
  if (firstMessages < enoughMessages) {
    const reason = `Too little has been seen to tell: ${firstMessages} first messages of at least ${enoughMessages}.`
    return { advice: 'wait', reason }
  }
  if (!savedMs) {
    const reason = `There is nothing to compare ${firstMessages} first messages with: no warm-up has ended, and fewer than ${enoughMessages} messages went cold. Hold a share of the callers out.`
    return { advice: 'wait', reason }
  }
  if (savedMs.p50 < unnoticedMs && savedMs.p95 < 2 * unnoticedMs) {
    const reason = `Warming saves ${inSeconds(savedMs.p50)} at the median and ${inSeconds(savedMs.p95)} at p95: users do not notice. The cold start is short already.`
    return { advice: 'switch-off', reason }
  }
  const isDear = perSecondSaved !== null && perSecondSaved > facts.mostDollarsPerSecond
  const useShare = used / Math.max(1, used + unused)
  if (useShare < fewWriteShare) {
    const reason = `Only ${inPercent(useShare)} of the warmed sessions got a message: warm when the visitor turns to the composer (warmOn: 'intent').`
    return { advice: 'go-to-intent', reason }
  }
  const isHeldLong = leadP95Ms !== null && unusedHeldP50Ms !== null && unusedHeldP50Ms > 2 * leadP95Ms
  if (isHeldLong && facts.unusedShareOfDollars > 0.5) {
    const reason = `95 % of those who write do so within ${inSeconds(leadP95Ms)}, but sessions that nobody used were held for ${inSeconds(unusedHeldP50Ms)}: hold them no longer than ${inSeconds(2 * leadP95Ms)}.`
    return { advice: 'shorten-hold', reason }
  }
  if (isDear) {
    const reason = `A second saved costs $${perSecondSaved.toFixed(4)}, more than the $${facts.mostDollarsPerSecond} that it may.`
    return { advice: 'switch-off', reason }
  }
  const price = perSecondSaved === null ? '' : `, at $${perSecondSaved.toFixed(5)} for a second`
  const reason = `First messages are answered ${sooner(savedMs.p50)} at the median and ${sooner(savedMs.p95)} at p95${price}.`
  return { advice: 'keep', reason }
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(Math.abs(ms) < 10_000 ? 2 : 0)} s`
}

function sooner(ms: number): string {
  return ms < 0 ? `${inSeconds(-ms)} later` : `${inSeconds(ms)} sooner`
}

function inPercent(share: number): string {
  return `${Math.round(share * 100)} %`
}
