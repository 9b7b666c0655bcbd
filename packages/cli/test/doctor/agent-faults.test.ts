import { expect, test } from 'vitest'
import { diagnose, emulate } from './diagnose.ts'

test('an agent without the sentinel is named, and is not asked more often than needed', async () => {
  let calls = 0
  const { env } = await emulate({
    agent: () => {
      calls += 1
      return '{"text":"You said warmup?"}'
    },
  })
  const { status, ids } = await diagnose(env, '--no-message')
  expect(ids).toEqual(['no-sentinel'])
  expect(status).toBe(1)
  // Each may be a call to a model.
  expect(calls).toBe(2)
})

test('an agent whose schema refuses the warm-up is named', async () => {
  const { env } = await emulate({ agent: () => ({ status: 400, body: '{"error":"prompt is required"}' }) })
  const { status, findings } = await diagnose(env)
  expect(findings).toMatchObject([
    { id: 'warm-up-refused', check: 'warm-up', whatToDo: expect.stringMatching(/warmable/) },
  ])
  expect(status).toBe(1)
})

test('a schema that refuses is told from a failure, though the library answers both with an empty 500', async () => {
  const { emulator, env } = await emulate({
    agent: ({ headers }) =>
      String(headers.accept).includes('event-stream')
        ? { status: 500, body: '' }
        : { status: 400, body: '{"error":"Invalid request: prompt"}' },
  })
  const { findings } = await diagnose(env)
  expect(findings).toMatchObject([{ id: 'warm-up-refused', what: expect.stringMatching(/Invalid request: prompt/) }])
  expect(emulator.sessions()).toEqual([])
})

test('an agent that fails, one that echoes the newest nonce, and a nonce that all VMs share are told apart', async () => {
  const failing = await emulate({ agent: () => ({ status: 500, body: 'the model is gone' }) })
  expect((await diagnose(failing.env)).ids).toEqual(['warm-up-fails'])
  const newest = await emulate({ agent: call => JSON.stringify({ nonce: (call.json() as { nonce: string }).nonce }) })
  expect((await diagnose(newest.env, '--no-message')).ids).toEqual(['echoes-newest'])
  const shared = await emulate({ agent: () => '{"nonce":"of the snapshot"}' })
  expect((await diagnose(shared.env, '--no-message')).ids).toEqual(['nonce-foreign'])
})

test('a sentinel behind the logic shows by its time', async () => {
  const { env } = await emulate({ chaos: 'slow:1100,kind=beat' })
  expect((await diagnose(env, '--no-message')).ids).toEqual(['warm-up-slow'])
})

test('a microVM that is replaced between two warm-ups, and calls that fail now and then', async () => {
  const replaced = await emulate({ chaos: 'replace-vm:count=1,kind=beat' })
  expect((await diagnose(replaced.env, '--no-message')).ids).toEqual(['vm-replaced'])
  const flaky = await emulate({ chaos: 'throttle:count=2,retryAfter=0' })
  const { ids, findings, status } = await diagnose(flaky.env)
  expect(ids).toEqual(['calls-fail'])
  expect(findings[0]?.what).toMatch(/^2 of \d+ calls .*429 ThrottlingException/)
  expect(status).toBe(1)
})
