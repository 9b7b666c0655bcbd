import type { PoolNews } from '../pool-event.ts'

/** The CloudWatch namespace of all metrics. */
export const metricsNamespace = 'WarmAgent/Pool'

/** What each function measures. Their units are CloudWatch's. */
const metricUnits = {
  Hits: 'Count',
  Misses: 'Count',
  AgeAtClaim: 'Milliseconds',
  ReplenishmentTime: 'Milliseconds',
  WarmUpsFailed: 'Count',
  RetiredUnused: 'Count',
  Ready: 'Count',
  Target: 'Count',
  WarmSeconds: 'Seconds',
  CanaryWarm: 'Count',
  BreakerOpened: 'Count',
  StoreFailed: 'Count',
} as const

export type MetricName = keyof typeof metricUnits

type Values = Partial<Record<MetricName, number[]>>

/** CloudWatch takes no more values of a metric from one line (MAX_VALUES_PER_METRIC of aws-embedded-metrics). */
const mostValues = 100

/** Gathers what happens in one invocation, and writes it as a line of CloudWatch's embedded metric format, or as few as can be. */
export function createMetricsLog(poolName: string, everyMs: number, write: (line: string) => void) {
  let values: Values = {}
  let causes: string[] = []
  const add = (name: MetricName, value = 1) => {
    values[name] = [...(values[name] ?? []), value]
  }

  return {
    note(news: PoolNews): void {
      switch (news.type) {
        case 'session-claimed':
          add('Hits')
          // The missing share of hits is seen only when there are zeros.
          add('Misses', 0)
          add('AgeAtClaim', news.ageMs)
          break
        case 'claim-missed':
          add('Misses')
          add('Hits', 0)
          causes.push(news.cause)
          break
        case 'warm-up-succeeded':
          add('ReplenishmentTime', news.tookMs)
          break
        case 'warm-up-failed':
          add('WarmUpsFailed')
          break
        case 'warm-up-wasted':
        case 'session-dropped':
        case 'session-retired':
          add('RetiredUnused')
          break
        case 'canary-answered':
          add('CanaryWarm', news.isWarm ? 1 : 0)
          break
        case 'breaker-opened':
          add('BreakerOpened')
          break
        case 'store-failed':
          add('StoreFailed')
          break
        default:
        // No metric.
      }
    },

    noteHeld({ ready, warming, target }: { ready: number; warming: number; target: number }): void {
      add('Ready', ready)
      add('Target', target)
      add('WarmSeconds', ((ready + warming) * everyMs) / 1_000)
    },

    flush(): void {
      const longest = Math.max(0, ...Object.values(values).map(list => list.length))
      for (let from = 0; from < longest; from += mostValues) {
        const part = Object.entries(values).map(([name, list]) => [name, list.slice(from, from + mostValues)])
        write(toLine(poolName, Object.fromEntries(part.filter(([, list]) => list?.length)), from === 0 ? causes : []))
      }
      values = {}
      causes = []
    },
  }
}

/** One line of the embedded metric format. */
function toLine(poolName: string, values: Values, missCauses: readonly string[]): string {
  const names = Object.keys(values) as MetricName[]
  const metrics = names.map(Name => ({ Name, Unit: metricUnits[Name] }))
  return JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: metricsNamespace, Dimensions: [['Pool']], Metrics: metrics }],
    },
    Pool: poolName,
    ...values,
    ...(missCauses.length > 0 ? { missCauses } : {}),
  })
}
