import { StopRuntimeSessionCommand } from '@aws-sdk/client-bedrock-agentcore'
import type { Emulator } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { createClient, emulate, nodeAgent, sessionNamed } from './harness.ts'

const token = 'a-client-token-of-more-than-33-characters'

function stopper({ env }: Emulator) {
  const client = createClient(env)
  return (session: string, clientToken?: string) =>
    client.send(
      new StopRuntimeSessionCommand({
        agentRuntimeArn: env.AGENT_RUNTIME_ARN,
        runtimeSessionId: sessionNamed(session),
        clientToken,
      }),
    )
}

test('answers a stop that is repeated with its client token as the first time, and stops nothing newer', async () => {
  const { emulator, report } = await emulate()
  const stop = stopper(emulator)
  await report('twice')
  expect(await stop('twice', token)).toMatchObject({ statusCode: 200, runtimeSessionId: sessionNamed('twice') })
  expect((await report('twice')).calls).toBe(1)
  expect(await stop('twice', token)).toMatchObject({ statusCode: 200 })
  expect((await report('twice')).calls).toBe(2)
  await stop('twice')
  await expect(stop('twice')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  expect(emulator.ledger().totals).toMatchObject({ vms: 2, live: 0, stops: 2 })
})

test('lets a repeated stop join the one that is under way', async () => {
  const { emulator, report } = await emulate({ agent: `AGENT_START=stubborn ${nodeAgent}` })
  const stop = stopper(emulator)
  await report('joined')
  const answers = await Promise.all([stop('joined', token), stop('joined', token)])
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200])
})

test('tries a stop that failed again, and refuses a token that belongs to another session', async () => {
  const { emulator, report } = await emulate()
  const stop = stopper(emulator)
  await expect(stop('later', token)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await report('later')
  expect((await stop('later', token)).statusCode).toBe(200)
  await expect(stop('other', token)).rejects.toMatchObject({ name: 'ValidationException' })
})
