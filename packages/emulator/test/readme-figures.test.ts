import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const textOf = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

test('what the README says of speed is what the committed run has measured', async () => {
  const readme = await textOf('../README.md')
  const { call, crowd, day } = JSON.parse(await textOf('bench/result.json'))
  const times = (ms: number) => `${(ms / call.bareMs).toFixed(1)} times`
  expect(readme).toContain(
    `${times(call.emulatedMs)} as long as to the agent process alone (${call.emulatedMs} ms against ${call.bareMs} ms,`,
  )
  expect(readme).toContain(`${times(call.unverifiedMs)} without signatures`)
  expect(crowd.wrong).toBe(0)
  expect(readme).toContain(`no wrong answer, ${crowd.seconds} s.`)
  expect(readme).toContain(`on a virtual clock: ${day.processorSeconds} s of processor time.`)
})
