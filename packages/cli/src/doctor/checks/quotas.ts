import { type Headroom, roomWanted } from '@warm-agent/pool/plan'
import { type Finding, risk, saw, skipped, type Verdict, wrong } from '../finding.ts'

export interface QuotaFacts {
  /** How much of each quota a plan needs, or why the quotas are too small for it; `undefined` without a plan. */
  plan: { headroom: readonly Headroom[] } | { refused: string } | undefined
  qualifiers: number
  /** Endpoints that one agent may have. */
  endpointsAllowed: number
}

const names: Readonly<Record<Headroom['quota'], string>> = {
  newSessionsPerSecond: 'new sessions a second',
  activeSessions: 'active sessions',
  callsPerSecond: 'calls a second',
}

/** Whether the quotas of the account are large enough for the plan. */
export function judgeQuotas({ plan, qualifiers, endpointsAllowed }: QuotaFacts): Verdict {
  const endpoints =
    qualifiers > endpointsAllowed
      ? wrong(
          'endpoints-over-quota',
          `${qualifiers} endpoints are named, ${endpointsAllowed} are allowed.`,
          'The others do not exist, and sessions that are placed on them fail.',
          'Name fewer in AGENT_RUNTIME_QUALIFIERS.',
        )
      : undefined
  if (!plan) {
    return endpoints
      ? saw('too many endpoints', endpoints)
      : skipped('give --rate, or --plan with what warm-agent plan --json printed')
  }
  if ('refused' in plan) {
    return saw(
      'they do not bear the plan',
      endpoints,
      wrong(
        'quota-exceeded',
        plan.refused,
        'Over a quota calls are refused with 429 or 402, messages too: warmth would take what chats need.',
        'Ask AWS for more, spread over regions, or warm later (on intent).',
      ),
    )
  }
  const rows = plan.headroom.map(({ quota, left }) => `${Math.floor(left * 100)} % of ${names[quota]} left`)
  return saw(rows.join(', '), endpoints, ...plan.headroom.map(shortage))
}

function shortage({ quota, needed, allowed, left, formula }: Headroom): Finding | undefined {
  if (left >= roomWanted) return undefined
  const what = `The plan needs ${Number(needed.toFixed(2))} of ${allowed} ${names[quota]}: ${formula}.`
  const whatToDo =
    'Ask AWS for a higher quota, warm later (on intent), or hold for shorter; give yours to warm-agent plan.'
  return needed > allowed
    ? wrong('quota-exceeded', what, 'Calls over it are refused, messages too.', whatToDo)
    : risk('quota-tight', what, 'Users come at random: chance alone goes over it now and then.', whatToDo)
}
