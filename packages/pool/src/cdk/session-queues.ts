import { Duration } from 'aws-cdk-lib'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

/** What an order may take before it is made again: the function's timeout times six, as AWS advises. */
export const replenishTimeout = Duration.seconds(90)

/** The queue that sessions wait in, the queue of orders for new ones, and where orders end that fail. */
export function createSessionQueues(scope: Construct, idleTimeout: Duration) {
  const sessions = new Queue(scope, 'Sessions', {
    fifo: true,
    // One group per session: claims do not wait for each other.
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // What nobody touched for so long has idled out.
    retentionPeriod: idleTimeout,
    visibilityTimeout: Duration.seconds(10),
  })
  const deadLetters = new Queue(scope, 'FailedRefills', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(4),
  })
  const refills = new Queue(scope, 'Refills', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // An order that is older than a session would be is not wanted any more.
    retentionPeriod: Duration.hours(1),
    visibilityTimeout: Duration.seconds(6 * replenishTimeout.toSeconds()),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
  })
  return { sessions, refills, deadLetters }
}
