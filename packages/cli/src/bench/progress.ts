import { Presets, SingleBar } from 'cli-progress'
import type { ScenarioName } from './scenarios.ts'

/** What is done of a bench, and how long it will take yet: a bar on a terminal, a line a scenario elsewhere. */
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
  // It hides the cursor and turns wrapping off: the terminal is not to keep that when the process ends at once.
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
