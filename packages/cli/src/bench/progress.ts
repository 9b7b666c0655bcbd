import { Presets, SingleBar } from 'cli-progress'
import type { ScenarioName } from './scenarios.ts'

/** Shows how far a bench is: a bar on a terminal, elsewhere a line for each scenario. */
export function createProgress({ scenarios, messages }: { scenarios: readonly ScenarioName[]; messages: number }) {
  const { isTTY } = process.stderr
  const bar = new SingleBar(
    {
      format: '{scenario} {bar} {value} of {total} messages, {eta_formatted} left',
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 40,
    },
    Presets.shades_classic,
  )
  let current: ScenarioName | undefined
  let done = 0
  if (isTTY) bar.start(scenarios.length * messages, 0, { scenario: 'starting' })
  // The bar hides the cursor and turns line wrapping off. The terminal must not stay so when the process ends at once.
  const stop = () => bar.stop()
  process.once('exit', stop)
  return {
    onScenario(name: ScenarioName) {
      current = name
      if (isTTY) bar.update({ scenario: name.padEnd(8) })
      else
        process.stderr.write(
          `${name}: ${messages} messages, scenario ${scenarios.indexOf(name) + 1} of ${scenarios.length}\n`,
        )
    },
    onSample() {
      done += 1
      if (isTTY) bar.update(done, { scenario: current?.padEnd(8) })
    },
    end() {
      process.off('exit', stop)
      stop()
    },
  }
}
