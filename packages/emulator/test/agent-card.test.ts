import { GetAgentCardCommand } from '@aws-sdk/client-bedrock-agentcore'
import type { Emulator } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { commandOf, createClient, emulate, sessionNamed } from './harness.ts'

const ask = ({ env }: Emulator) =>
  createClient(env).send(
    new GetAgentCardCommand({ agentRuntimeArn: env.AGENT_RUNTIME_ARN, runtimeSessionId: sessionNamed('card') }),
  )

test("gives the agent's card, from the VM of the session", async () => {
  const { emulator, report } = await emulate()
  const { agentCard, runtimeSessionId } = await ask(emulator)
  expect(agentCard).toMatchObject({ name: 'fixture', pid: (await report('card')).pid })
  expect(runtimeSessionId).toBe(sessionNamed('card'))
})

test('turns the 404 of an agent without a card into 424', async () => {
  const { emulator } = await emulate({ agent: commandOf('node', 'agent-without-routes.mjs') })
  await expect(ask(emulator)).rejects.toMatchObject({
    name: 'RuntimeClientError',
    message: expect.stringContaining('Received error (404)'),
  })
})
