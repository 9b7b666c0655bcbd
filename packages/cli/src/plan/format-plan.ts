import { amount, dollars, type Plan, percent } from '@warm-agent/pool/plan'
import { toColumns } from '../text-columns.ts'

const width = 100
const names: Readonly<Record<Plan['recommendations'][number]['what'], string>> = {
  rung: 'rung',
  poolSize: 'pool size',
  endpoints: 'endpoints',
  hold: 'hold',
  beat: 'beat',
  retire: 'retire after',
  refill: 'refill',
  costPerMonth: 'cost',
  costPerThousandVisitors: 'cost',
}

/** A plan for people. */
export function formatPlan(plan: Plan): string {
  const { demand, pool, ladder, recommendations, quotas, warnings, rung } = plan
  const advice = recommendations.map(({ what, text, reason, formula }) => [
    `  ${names[what].padEnd(14)}${text}`,
    ...wrap(reason, 16),
    ...wrap(`= ${formula}`, 16),
  ])
  const rungs = ladder.map(({ rung: name, isEnough, dollarsPerMonth, dollarsPerThousandVisitors, reason, formula }) => [
    `${name === rung ? '→ ' : '  '}${name.padEnd(14)}${isEnough ? `${dollars(dollarsPerMonth)} per month, ${dollars(dollarsPerThousandVisitors)} per thousand visitors` : 'not enough'}`,
    ...wrap(reason, 16),
    ...wrap(`= ${formula}`, 16),
  ])
  const headroom = quotas.map(({ quota, needed, allowed, left, formula }) => [
    `  ${quota.padEnd(22)}${amount(quota === 'activeSessions' ? Math.ceil(needed) : needed)} of ${amount(allowed)}, ${percent(left)} left`,
    ...wrap(`= ${formula}`, 24),
  ])
  const sections = [
    [
      `${amount(demand.ratePerSecond)} first messages per second, ${amount(demand.replenishmentMs / 1000)} s to replenish, on ${demand.platform}: ${rung === 'pool' ? `a pool of ${pool.size} sessions` : rung}.`,
    ],
    [
      `How large a pool must be, and whether ${demand.poolSize} is enough`,
      ...wrap(pool.explanation, 2),
      '',
      ...sizeTable(plan),
    ],
    ['What to do, why, and how it was computed', ...advice.flat()],
    ['The ladder', ...rungs.flat()],
    ['Quotas', ...headroom.flat()],
    ...(warnings.length > 0 ? [['Mind', ...warnings.flatMap(text => wrap(`- ${text}`, 2))]] : []),
    wrap(
      `Prices and quotas of ${plan.pricesCheckedOn}, ${demand.region}; claims that come at random (Poisson). What was not given is the default that --help tells.`,
      0,
    ),
  ]
  return sections.map(lines => lines.join('\n')).join('\n\n')
}

function sizeTable({ pool, demand }: Plan): string[] {
  const head = ['size', 'find it empty', 'cold per hour', 'per month', '']
  const rows = pool.sizes.map(({ size, missRate, coldPerHour, dollarsPerMonth, verdict }) => [
    String(size),
    percent(missRate),
    amount(coldPerHour),
    dollars(dollarsPerMonth),
    verdict,
  ])
  const table = toColumns(head, rows, column => column < 4).trimEnd()
  return [
    ...table.split('\n').map(line => `  ${line}`),
    ...wrap(`= Erlang-B(size, ${amount(pool.load)}); wanted: ${percent(demand.missRate)}`, 2),
  ]
}

/** Lines of at most {@link width} characters, each indented. A number keeps its unit. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.replace(/(\d) (?=(%|s|min|h|GB)(\W|$))/g, '$1\u00a0').split(' ')) {
    if (line && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line].map(each => ' '.repeat(indent) + each.replaceAll('\u00a0', ' '))
}
