import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createEchoAgent, type Emulator, startEmulator } from '@warm-agent/emulator'
import { createPoolHandlers, type PoolHandlersOptions } from '@warm-agent/pool/lambda'
import type { SQSEvent } from 'aws-lambda'
import { afterAll, afterEach, beforeEach } from 'vitest'
import { closeServers, openQueue } from './stores.ts'

let refillQueues = 0

/** An emulator for each test of a file, and the functions of a pool of its sessions, as Lambda would run them. */
export function handlersForEachTest() {
  let emulator: Emulator

  beforeEach(async () => {
    emulator = await startEmulator({ agent: createEchoAgent() })
  })
  afterEach(() => emulator.close())
  afterAll(closeServers)

  async function deploy(options: Partial<PoolHandlersOptions> = {}) {
    const { client, queueUrl } = await openQueue()
    const { queueUrl: refillQueueUrl } = await openQueue(`refills-${++refillQueues}`)
    const { url, env } = emulator
    const runtime = createAgentCoreRuntime({
      arn: env.AGENT_RUNTIME_ARN,
      client: new BedrockAgentCoreClient({
        endpoint: url,
        region: env.AWS_REGION,
        credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
      }),
    })
    const lines: string[] = []
    const handlers = createPoolHandlers({
      runtime,
      client,
      queueUrl,
      refillQueueUrl,
      target: 2,
      write: line => lines.push(line),
      ...options,
    })
    return {
      ...handlers,
      runtime,
      metrics: () => lines.map(line => JSON.parse(line)),
      /** What Lambda does with the refill queue: one invocation for every order. */
      async deliverOrders() {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl: refillQueueUrl, MaxNumberOfMessages: 10 }),
        )
        return Promise.all(
          Messages.map(({ MessageId, Body }) =>
            handlers.replenish({ Records: [{ messageId: MessageId, body: Body }] } as SQSEvent),
          ),
        )
      },
    }
  }

  return { deploy, emulator: () => emulator }
}
