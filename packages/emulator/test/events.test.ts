import { InvokeAgentRuntimeCommandCommand } from '@aws-sdk/client-bedrock-agentcore'
import { createSimulatedRuntime, createVirtualClock, describeEvent, type EmulatorEvent } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createClient, emulate, sessionHeader, sessionNamed, urlOf } from './harness.ts'

/** One line of each kind, without what differs from run to run. */
const deeds = (events: EmulatorEvent[]) => events.map(event => describeEvent(event).replace(/^.*DEFAULT\) /, ''))

test('tells of a command, of a WebSocket, and of a VM that chaos took', async () => {
  const { emulator, events, report } = await emulate({ auth: 'none', chaos: 'replace-vm:kind=invoke' })
  const { env } = emulator
  const target = { agentRuntimeArn: env.AGENT_RUNTIME_ARN, runtimeSessionId: sessionNamed('deeds') }
  const { stream } = await createClient(env).send(
    new InvokeAgentRuntimeCommandCommand({ ...target, body: { command: 'true' } }),
  )
  for await (const _ of stream ?? []);
  const headers = { [sessionHeader]: target.runtimeSessionId }
  const socket = new WebSocket(urlOf(emulator, 'ws').replace('http', 'ws'), { headers })
  await new Promise(resolve => socket.once('message', resolve))
  await report('deeds')
  expect(deeds(events.filter(({ type }) => !type.startsWith('vm-') || type === 'vm-lost'))).toEqual([
    'is provisioned, which takes 0.00 s.',
    'runs a command.',
    'has a WebSocket open.',
    'was lost (chaos).',
    'is provisioned, which takes 0.00 s.',
    'is called.',
  ])
})

test('tells of a VM that was given up with its client', async () => {
  const clock = createVirtualClock()
  const events: EmulatorEvent[] = []
  const runtime = createSimulatedRuntime({
    clock,
    boot: { kind: 'fixed', ms: 3_000 },
    abortedProvisioning: 'cancel',
    onEvent: event => events.push(event),
  })
  const left = new AbortController()
  const call = runtime.invoke(
    { id: sessionNamed('left'), qualifier: 'DEFAULT' },
    runtime.warmUpRequest('nonce'),
    left.signal,
  )
  await clock.advance(1_000)
  left.abort()
  await expect(call).rejects.toThrow()
  expect(deeds(events)).toEqual([
    'is provisioned, which takes 3.00 s.',
    'was given up: its client left while it started.',
  ])
})
