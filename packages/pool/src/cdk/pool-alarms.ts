import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { type MetricName, metricsNamespace } from '../lambda/metrics-log.ts'

export interface PoolAlarms {
  /** Sessions are held, and paid, and nobody claims any. */
  readonly neverUsed: Alarm
  /** Too many claims find no session. */
  readonly hitRatioLow: Alarm
  /** Orders for sessions failed for good. */
  readonly cannotRefill: Alarm
  /** A claim on trial met a session that is not warm. */
  readonly canaryFailed: Alarm
}

/** @param minimumHitRatio In [0, 1]. */
export function createPoolAlarms(
  scope: Construct,
  {
    poolName,
    deadLetters,
    minimumHitRatio,
    actions,
  }: {
    poolName: string
    deadLetters: Queue
    minimumHitRatio: number
    actions: readonly IAlarmAction[]
  },
): PoolAlarms {
  const metric = (metricName: MetricName, statistic: string, period: Duration) =>
    new Metric({ namespace: metricsNamespace, metricName, statistic, period, dimensionsMap: { Pool: poolName } })
  const hour = Duration.hours(1)
  const fiveMinutes = Duration.minutes(5)

  const alarms = {
    neverUsed: new Alarm(scope, 'NeverUsed', {
      alarmDescription: 'The warm pool is on and paid for, and none of its sessions was used for three hours.',
      metric: new MathExpression({
        expression: 'IF(ready > 0 AND FILL(hits, 0) < 1, 1, 0)',
        label: 'held and never used',
        usingMetrics: { ready: metric('Ready', 'Maximum', hour), hits: metric('Hits', 'Sum', hour) },
        period: hour,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    hitRatioLow: new Alarm(scope, 'HitRatioLow', {
      alarmDescription: 'Too many claims found the warm pool empty: raise its target, or see why refilling is slow.',
      metric: new MathExpression({
        // Of a few claims it says nothing.
        expression: 'IF(hits + misses >= 20, hits / (hits + misses), 1)',
        label: 'hit ratio',
        usingMetrics: { hits: metric('Hits', 'Sum', fiveMinutes), misses: metric('Misses', 'Sum', fiveMinutes) },
        period: fiveMinutes,
      }),
      threshold: minimumHitRatio,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    cannotRefill: new Alarm(scope, 'CannotRefill', {
      alarmDescription:
        'Sessions could not be warmed: see the dead-letter queue and the log of the replenish function.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    canaryFailed: new Alarm(scope, 'CanaryFailed', {
      alarmDescription: 'The warm pool hands out sessions that are not warm.',
      metric: metric('CanaryWarm', 'Minimum', fiveMinutes),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
  }
  for (const alarm of Object.values(alarms)) alarm.addAlarmAction(...actions)
  return alarms
}
