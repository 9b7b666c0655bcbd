import { writeFile } from 'node:fs/promises'
import { planWarmth } from '@warm-agent/pool/plan'
import { drawPlan } from '../plan/draw-plan.ts'
import { formatPlan } from '../plan/format-plan.ts'
import { readPlanSettings } from '../plan/plan-settings.ts'
import { readReplenishmentMs } from '../plan/read-replenishment.ts'
import { checking, UsageError } from '../usage-error.ts'

/** `warm-agent plan` */
export async function plan(args: string[]): Promise<void> {
  const command = readPlanSettings(args)
  if (!command) return
  const { benchFile, chartFile, isJson, demand } = command
  const replenishmentMs = benchFile === undefined ? demand.replenishmentMs : await readReplenishmentMs(benchFile)
  const planned = checking(() => planWarmth({ ...demand, replenishmentMs }))
  if (chartFile !== undefined) {
    const chart = drawPlan(planned, chartFile.endsWith('.svg') ? 'svg' : 'html')
    await writeFile(chartFile, chart).catch((cause: Error) => {
      throw new UsageError(`Could not write the chart "${chartFile}": ${cause.message}. Give another --chart.`, {
        cause,
      })
    })
  }
  process.stdout.write(`${isJson ? JSON.stringify(planned, null, 2) : formatPlan(planned)}\n`)
}
