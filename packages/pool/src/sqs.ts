export type { SqsStoreOptions } from './sqs/sqs-options.ts'
export { sqsStore } from './sqs/sqs-store.ts'
