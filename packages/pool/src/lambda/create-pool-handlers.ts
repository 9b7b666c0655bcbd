import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { showValue, within } from '@warm-agent/proxy/runtime-kit'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { createWarmPool } from '../create-warm-pool.ts'
import type { WarmPoolOptions } from '../pool-options.ts'
import type { PooledSession } from '../pooled-session.ts'
import { sqsStore } from '../sqs/sqs-store.ts'
import { createMetricsLog } from './metrics-log.ts'

export interface PoolHandlersOptions extends Omit<WarmPoolOptions, 'store' | 'tends' | 'leaseMs'> {
  /** For both queues. */
  client: SQSClient
  /** The FIFO queue that the sessions wait in: see `sqsStore`. */
  queueUrl: string
  /**
   * The queue that orders for new sessions go through; it starts `replenish`, one order at a time. What fails comes back
   * after its visibility timeout, and in the end lies in its dead-letter queue: refilling never loops for ever.
   */
  refillQueueUrl: string
  /** Names the pool in the metrics. @default 'default' */
  poolName?: string
  /** Where metrics go, one line of CloudWatch's embedded metric format each. @default the standard output */
  write?: (line: string) => void
  /** How often `keepAlive` is started, in milliseconds: what it finds counts for that long in `WarmSeconds`. @default 60_000 */
  everyMs?: number
}

/** What the four functions of a pool without a server do. Export them from the file that Lambda runs. */
export interface PoolHandlers {
  /** A live session, or `null` when the pool is empty. Orders a new one either way. Never throws for a missing session. */
  getSession(): Promise<PooledSession | null>
  /** Warms one session for every order, while some are missing. Started by the refill queue; report batch item failures. */
  replenish(event: SQSEvent): Promise<SQSBatchResponse>
  /** Beats, retires, stops, refills what no order was made for, and claims as a canary. Start it once a minute, one at a time. */
  keepAlive(): Promise<void>
}

/** @throws Error when an option is unknown or makes no sense. */
export function createPoolHandlers(options: PoolHandlersOptions): PoolHandlers {
  const {
    client,
    queueUrl,
    refillQueueUrl,
    poolName = 'default',
    write = writeLine,
    everyMs = 60_000,
    ...rest
  } = options
  const refuse = (name: string, value: unknown, why: string) => {
    throw new Error(
      `Could not create the handlers: option ${name} is ${showValue(value)}: ${why}. See PoolHandlersOptions.`,
    )
  }
  for (const [name, value] of Object.entries(rest)) if (isOurs(name)) refuse(name, value, 'the handlers have their own')
  if (!URL.canParse(refillQueueUrl)) refuse('refillQueueUrl', refillQueueUrl, 'expected the URL of a queue')
  if (typeof poolName !== 'string' || poolName === '') refuse('poolName', poolName, 'expected a name')
  if (typeof write !== 'function') refuse('write', write, 'expected a function')
  if (!(everyMs > 0 && everyMs < Number.POSITIVE_INFINITY)) refuse('everyMs', everyMs, 'expected more than 0')
  const metrics = createMetricsLog(poolName, everyMs, write)
  const onEvent: WarmPoolOptions['onEvent'] = event => {
    metrics.note(event)
    rest.onEvent?.(event)
  }
  const store = sqsStore({ client, queueUrl })
  const claims = createWarmPool({ ...rest, onEvent, store, tends: false })
  const care = createWarmPool({ ...rest, onEvent, store: sqsStore({ client, queueUrl }) })

  return {
    async getSession() {
      try {
        await claims.start()
        const session = await claims.claim()
        // After the claim, or the order would find the pool still full. It must be out before Lambda freezes us.
        await order(client, refillQueueUrl).catch(cause =>
          metrics.note({ type: 'store-failed', during: 'ordering', cause }),
        )
        return session
      } finally {
        await within(settleForMs, 'settle the claims', claims.settled()).catch(() => undefined)
        metrics.flush()
      }
    },

    async replenish({ Records }) {
      const failed: string[] = []
      for (const { messageId } of Records) {
        // What went wrong stands in the metrics and events; the order is made again by its queue.
        await care.replenish().catch(() => failed.push(messageId))
      }
      metrics.flush()
      return { batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) }
    },

    async keepAlive() {
      try {
        await care.tend()
        const { ready = 0, warming = 0, target = 0 } = care.stats()
        metrics.noteHeld({ ready, warming, target })
        if (ready > 0) await care.canary()
      } finally {
        metrics.flush()
      }
    },
  }
}

/** Less than callers wait for `getSession`: the stops of sessions that a claim found dead must be sent before Lambda freezes us. */
const settleForMs = 500

const isOurs = (name: string) => ['store', 'tends', 'leaseMs'].includes(name)

async function order(client: SQSClient, refillQueueUrl: string): Promise<void> {
  await client.send(new SendMessageCommand({ QueueUrl: refillQueueUrl, MessageBody: '{"order":"session"}' }))
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`)
}
