export { type ErrorBody, type ErrorCode, fromErrorBody, statusOfCode, toErrorBody, WarmAgentError } from './errors.ts'
export type { Evidence, Lease, OpenEvent, Outcome, WarmLease } from './lease.ts'
export {
  closeAfterParameter,
  defaultBasePath,
  headerNames,
  type RouteName,
  routes,
  type Wire,
  wireVersion,
} from './routes.ts'
