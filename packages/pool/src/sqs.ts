export { type SqsStoreOptions, sqsStore } from './sqs/sqs-store.ts'
