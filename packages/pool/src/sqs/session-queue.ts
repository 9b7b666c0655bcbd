import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { PoolEntry } from '../pooled-session.ts'
import { readEntry } from '../read-entry.ts'

/** One session as the queue has it. */
interface QueuedEntry {
  readonly entry: PoolEntry
  /** Counts how often this session was sent: two sends of one generation are one message. */
  readonly generation: number
}

/** A message that this process has, until its lock ends. */
export interface LockedEntry extends QueuedEntry {
  /** Whether another runtime's process has sent it. */
  readonly isForeign: boolean
  readonly receiptHandle: string
  /** Until when nobody else can have it, by `performance.now()`. */
  readonly lockedUntilMs: number
}

export interface SessionQueue {
  /** How many messages can be received, and how many are locked by somebody. Approximate. */
  count(): Promise<{ visible: number; locked: number }>
  /** How many messages it has deleted so far that were no sessions. */
  unreadable(): number
  /** Never waits for a message to come. */
  receive(most: number, lockSeconds: number): Promise<LockedEntry[]>
  /** @returns whether it is gone for good and was ours all the time. A rejection leaves that open. */
  remove(locked: LockedEntry): Promise<boolean>
  /** Lets go of messages, so that others receive them at once. */
  release(locked: readonly LockedEntry[]): Promise<void>
  send(queued: QueuedEntry): Promise<void>
}

/** SQS gives and takes no more messages at once. */
export const mostPerRequest = 10
/** What clocks and the way back may differ by: a lock that is nearly over counts as over. */
const lockMarginMs = 1_000

/** @param identity The runtime's, when it has one. Messages that tell none are taken for its own. */
export function createSessionQueue(client: SQSClient, queueUrl: string, identity?: string): SessionQueue {
  const QueueUrl = queueUrl
  let unreadable = 0
  return {
    unreadable: () => unreadable,

    async count() {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'RedrivePolicy'],
        }),
      )
      if (Attributes.RedrivePolicy) {
        throw new Error(
          'Could not use the session queue: it has a RedrivePolicy, and each look at a session counts as a receive, so that ' +
            'they would all end in its dead-letter queue. Take that policy from it.',
        )
      }
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        locked: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      }
    },

    async receive(most, lockSeconds) {
      const askedAtMs = performance.now()
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: most,
          VisibilityTimeout: lockSeconds,
          WaitTimeSeconds: 0,
        }),
      )
      const lockedUntilMs = askedAtMs + lockSeconds * 1_000 - lockMarginMs
      const locked: LockedEntry[] = []
      for (const { Body = '', ReceiptHandle: receiptHandle = '' } of Messages) {
        const queued = readBody(Body)
        if (queued) {
          const isForeign = queued.identity !== identity && queued.identity !== undefined && identity !== undefined
          locked.push({ ...queued, isForeign, receiptHandle, lockedUntilMs })
        }
        // Nobody can use it, and it would be received again and again in a session's place.
        else {
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }))
          unreadable += 1
        }
      }
      // Sessions may wait behind those.
      return locked.length === 0 && Messages.length > 0 ? this.receive(most, lockSeconds) : locked
    },

    async remove({ receiptHandle, lockedUntilMs }) {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }))
      // Somebody else may have received it before it was deleted: it is theirs then.
      return performance.now() < lockedUntilMs
    },

    async release(locked) {
      for (let from = 0; from < locked.length; from += mostPerRequest) {
        const part = locked.slice(from, from + mostPerRequest)
        // One that is not released in time is released by its lock's end.
        await client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: part.map(({ receiptHandle }, index) => ({
              Id: `${index}`,
              ReceiptHandle: receiptHandle,
              VisibilityTimeout: 0,
            })),
          }),
        )
      }
    },

    async send({ entry, generation }) {
      const { runtimeSessionId } = entry
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify({ entry, generation, identity }),
          // One group would let one message be in flight at a time: all claims would wait for each other.
          MessageGroupId: runtimeSessionId,
          // With the id alone, a session that is sent again within five minutes would be swallowed.
          MessageDeduplicationId: `${runtimeSessionId}.${generation}`,
        }),
      )
    },
  }
}

/** @returns `undefined` for what is no session. */
function readBody(body: string): (QueuedEntry & { identity?: string }) | undefined {
  try {
    const { entry: found, generation, identity } = JSON.parse(body)
    const entry = readEntry(found)
    return entry && Number.isInteger(generation) ? { entry, generation, identity } : undefined
  } catch {
    return undefined
  }
}
