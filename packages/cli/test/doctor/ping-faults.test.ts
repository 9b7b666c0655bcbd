import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { diagnose, emulate } from './diagnose.ts'

const file = fileURLToPath(new URL('agent.mjs', import.meta.url))
const agent = (fault = '') => `FAULT=${fault} exec node '${file}'`

test('/ping is asked inside of the microVM, of a real process', async () => {
  const { env } = await emulate({ agent: agent() })
  const { status, ids, check } = await diagnose(env, '--no-message')
  expect(check('ping')).toMatchObject({ status: 'passed', said: 'Healthy, Healthy, Healthy, a second apart' })
  expect([status, ids]).toEqual([0, []])
})

test('a time of the last update that advances each time is named', async () => {
  const { env } = await emulate({ agent: agent('advancing') })
  const { status, findings } = await diagnose(env, '--no-message')
  expect(findings).toMatchObject([{ id: 'ping-time-advances', check: 'ping', why: expect.stringMatching(/8 h/) }])
  expect(status).toBe(1)
})
