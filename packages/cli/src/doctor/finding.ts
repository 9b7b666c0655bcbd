import type { FailureReason } from '@warm-agent/proxy'

/** The checks, in the order in which they are told. */
export const checkNames = {
  arn: 'ARN',
  region: 'region',
  endpoint: 'endpoint',
  auth: 'auth mode',
  credentials: 'credentials',
  clock: 'clock',
  'warm-up': 'warm-up',
  ping: '/ping',
  proxy: 'proxy',
  origin: 'origins',
  cookie: 'cookie',
  beat: 'beat',
  stream: 'streaming',
  canary: 'canary',
  calls: 'calls',
  quotas: 'quotas',
  orphans: 'orphans',
} as const

export type CheckName = keyof typeof checkNames

/** Something that was found. */
export interface Finding {
  /** A stable name for programs: `qualifier-missing`. */
  id: string
  /** `wrong` makes the exit status 1. A `risk` works today, or is not known to fail. */
  severity: 'wrong' | 'risk'
  what: string
  why: string
  whatToDo: string
}

/** The result of a check: what it saw, and what is wrong with that; or why it was skipped. */
export type Verdict =
  | { said: string; findings: readonly Finding[]; skipped?: never }
  | { skipped: string; said?: never; findings?: never }

/** Why a call to the runtime had no answer. */
export interface Refusal {
  reason: FailureReason | 'timeout'
  /** The platform's words. */
  said: string
}

export function wrong(id: string, what: string, why: string, whatToDo: string): Finding {
  return { id, severity: 'wrong', what, why, whatToDo }
}

export function risk(id: string, what: string, why: string, whatToDo: string): Finding {
  return { id, severity: 'risk', what, why, whatToDo }
}

export function saw(said: string, ...findings: readonly (Finding | undefined | false)[]): Verdict {
  return { said, findings: findings.filter(finding => typeof finding === 'object') }
}

export function skipped(why: string): Verdict {
  return { skipped: why }
}

/** `850 ms`, `12 s`, `9 min`, as people say it. */
export function inWords(ms: number): string {
  const size = Math.abs(ms)
  if (size < 1_000) return `${Math.round(ms)} ms`
  if (size < 120_000) return `${Number((ms / 1_000).toFixed(size < 10_000 ? 1 : 0))} s`
  return `${Number((ms / 60_000).toFixed(1))} min`
}
