import { adaptiveTarget } from '@warm-agent/pool'
import { clairvoyantTarget } from './clairvoyant-target.ts'
import { lognormalMs, seededRandom } from './random.ts'
import { simulatePool } from './simulate-pool.ts'
import { diurnalTraffic, steadyTraffic, burstTraffic } from './traffics.ts'
const mean = 2900*Math.exp((Math.log(4900/2900)/2.3263478740408408)**2/2)
for (const [n, traffic] of [['day .1', diurnalTraffic(0.1)],['steady .01', steadyTraffic(0.01, 10*86400_000)],['steady 1',steadyTraffic(1)],['steady 10',steadyTraffic(10)],['burst 5',burstTraffic(1)],['burst 20',burstTraffic(4)],['day 1',diurnalTraffic(1)],['day 2',diurnalTraffic(2)],['day 10',diurnalTraffic(10)]] as const) {
  const play = (t: any) => { const random = seededRandom(20_261_122); return simulatePool(traffic, t, { random, replenishmentMs: () => lognormalMs(random, 2900, 4900) }) }
  const o = play(clairvoyantTarget(traffic, mean, 0.001)), a = play(adaptiveTarget({ missRate: 0.001, ceiling: 10_000, newSessionsPerSecond: 1_000, activeSessions: 10_000 }))
  console.log(n, (100*a.hits/a.claims).toFixed(4), (a.warmSeconds/o.warmSeconds).toFixed(3), (a.heldSeconds/o.heldSeconds).toFixed(3), Math.round(a.warmSeconds), Math.round(a.heldSeconds), a.retired, a.largest, a.claims)
}
