import type { SQSClient } from '@aws-sdk/client-sqs'
import { showValue } from '@warm-agent/proxy/runtime-kit'

export interface SqsStoreOptions {
  /** Your own client. The store never destroys it. */
  client: SQSClient
  /**
   * The URL of a FIFO queue that holds nothing but this pool. Let its messages be retained no longer than the runtime's idle
   * timeout, set `DeduplicationScope: messageGroup` and `FifoThroughputLimit: perMessageGroupId`, and no dead-letter queue.
   */
  queueUrl: string
  /**
   * How often a running pool looks into the queue for sessions that need care, in milliseconds. Each look costs some requests,
   * and holds a few sessions at a time for some milliseconds. What was claimed here is refilled at once. Each store takes up to
   * 10 % more or less, once: two processes that looked in step would see half of the queue each. @default 15_000
   */
  lookEveryMs?: number
}

const knownOptions = ['client', 'queueUrl', 'lookEveryMs']

/** @throws Error that names the option that is unknown or makes no sense. */
export function checkOptions(options: SqsStoreOptions): void {
  const { client, queueUrl, lookEveryMs = 15_000 } = options
  const refuse = (name: string, value: unknown, why: string) => {
    throw new Error(`Could not create the store: option ${name} is ${showValue(value)}: ${why}. See SqsStoreOptions.`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!knownOptions.includes(name)) refuse(name, value, 'there is none of this name')
  }
  if (typeof client?.send !== 'function') refuse('client', client, 'expected an SQSClient')
  if (!URL.canParse(queueUrl) || !queueUrl.endsWith('.fifo'))
    refuse('queueUrl', queueUrl, 'expected the URL of a FIFO queue')
  if (!(lookEveryMs >= 100 && lookEveryMs <= 3_600_000)) refuse('lookEveryMs', lookEveryMs, 'expected 100 to 3600000')
}
