import { explainRefusal, showValue } from '@warm-agent/proxy/runtime-kit'
import { Cron } from 'croner'
import * as z from 'zod'
import type { PoolTarget } from '../pool-target.ts'

/** An option that is unknown or makes no sense is refused with an error that names it. */
export interface ScheduledTargetOptions {
  /** An IANA name such as `Europe/Berlin`. The schedule follows its daylight saving time. */
  timeZone: string
  /** From each moment that `cron` names on, hold `size` sessions, until the next moment of any line. Of two lines at the same moment the later in the list wins. */
  lines: readonly ScheduleLine[]
}

/** One line of a schedule. */
export interface ScheduleLine {
  /** Five fields: minute, hour, day of the month, month, day of the week. `0 8 * * 1-5` is 8:00 from Monday to Friday. */
  cron: string
  /** A whole number from 0. */
  size: number
}

const optionsSchema = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'expected a name like Europe/Berlin'),
  lines: z
    .array(z.strictObject({ cron: z.string(), size: z.number().int().min(0).max(100_000) }))
    .min(1, 'expected at least one line'),
})

/**
 * A target that goes by the clock: at 8:00 from Monday to Friday forty, at 20:00 five.
 *
 * @throws Error that names the option that is unknown or makes no sense.
 */
export function scheduledTarget(options: ScheduledTargetOptions): PoolTarget {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const refused = explainRefusal(checked.error, options)
    throw new Error(`Could not create the schedule: ${refused}. See ScheduledTargetOptions.`)
  }
  const { timeZone } = checked.data
  const lines = checked.data.lines.map(({ cron, size }, index) => ({ size, runs: parse(cron, timeZone, index) }))
  let size = 0
  let fromMs = Number.POSITIVE_INFINITY
  let untilMs = Number.NEGATIVE_INFINITY

  return {
    sizeAt(nowMs) {
      if (nowMs >= fromMs && nowMs < untilMs) return size
      fromMs = Number.NEGATIVE_INFINITY
      untilMs = Number.POSITIVE_INFINITY
      // croner looks for runs before and after a whole second, and the run at that second is neither.
      const second = Math.floor(nowMs / 1000) * 1000
      for (const line of lines) {
        const [lastRun] = line.runs.previousRuns(1, new Date(second + 1000))
        const lastMs = lastRun?.getTime() ?? Number.NEGATIVE_INFINITY
        if (lastMs >= fromMs) {
          fromMs = lastMs
          size = line.size
        }
        untilMs = Math.min(untilMs, line.runs.nextRun(new Date(second))?.getTime() ?? Number.POSITIVE_INFINITY)
      }
      return size
    },
  }
}

function parse(cron: string, timezone: string, index: number): Cron {
  const fail = (why: string, cause?: unknown): never => {
    throw new Error(
      `Could not create the schedule: option lines.${index}.cron is ${showValue(cron)}: ${why}. Give five fields, as in "0 8 * * 1-5".`,
      { cause },
    )
  }
  if (cron.trim().split(/\s+/).length !== 5) return fail('it does not have five fields')
  let runs: Cron
  try {
    runs = new Cron(cron.trim(), { timezone, mode: '5-part', paused: true })
  } catch (cause) {
    return fail((cause as Error).message.replace(/\.$/, ''), cause)
  }
  return runs.previousRuns(1).length > 0 ? runs : fail('that moment never comes')
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}
