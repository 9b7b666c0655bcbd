/** What we claim of ourselves, and whether this run shows it. */
export interface Goal {
  goal: string
  target: string
  measured: number
  isMet: boolean
}

export function atMost(goal: string, most: number, measured: number): Goal {
  return { goal, target: `≤ ${most}`, measured: rounded(measured), isMet: measured <= most }
}

export function atLeast(goal: string, least: number, measured: number): Goal {
  return { goal, target: `≥ ${least}`, measured: rounded(measured), isMet: measured >= least }
}

export function within(goal: string, [least, most]: readonly [number, number], measured: number): Goal {
  return {
    goal,
    target: `${least} to ${most}`,
    measured: rounded(measured),
    isMet: measured >= least && measured <= most,
  }
}

export function goalTable(goals: readonly Goal[]): string {
  const width = Math.max(...goals.map(({ goal }) => goal.length))
  const lines = goals.map(({ goal, target, measured, isMet }) => {
    const words = [goal.padEnd(width), target.padStart(12), String(measured).padStart(9)]
    return `${words.join('  ')}  ${isMet ? 'met' : 'MISSED'}`
  })
  return lines.join('\n')
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
