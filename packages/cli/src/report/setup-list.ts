import type { BenchResult } from '../bench/bench-result.ts'
import { escapeHtml } from './format.ts'

/** Set-up, method and cost: what it takes to believe the numbers, or to doubt them. */
export function setupList({ setup, cost, generator, date }: BenchResult): string {
  const { load } = setup
  const entries: [name: string, value: string][] = [
    ['agent runtime', setup.arn],
    ...(setup.boot ? [['boots of the emulator', setup.boot] as [string, string]] : []),
    [
      'load',
      load.kind === 'closed'
        ? `closed loop: ${load.concurrency} visitors at a time`
        : `open loop: ${load.perSecond} messages per second, ${load.arrivals} arrivals; time counts from when each was due`,
    ],
    ['messages', `${setup.messages} in each scenario, after ${setup.rehearsals} that does not count`],
    ['message', setup.message],
    ['joined and naive send', `${setup.delayMs} ms after the page opened`],
    ['seed', String(setup.seed)],
    ['percentiles', setup.percentiles],
    ['intervals', setup.intervals],
    [
      setup.target === 'aws' ? 'cost' : 'cost, had it been AWS',
      `$${cost.dollars.toFixed(4)}: ${cost.sessions} sessions, ${Math.round(cost.heldSeconds)} s of ${cost.gb} GB, ${cost.prices ? 'your prices' : `prices of ${cost.pricesOf}`} (${cost.platform}), without what the agent's own calls cost`,
    ],
    [
      'this machine',
      `${setup.node}, ${setup.cores} cores; messages left ${generator.lateP99Ms.toFixed(1)} ms late, the event loop was ${generator.eventLoopDelayP99Ms.toFixed(1)} ms late (p99 each)`,
    ],
    ['ended', date],
  ]
  return `<dl>${entries.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`
}
