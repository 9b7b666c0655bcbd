export { type ErrorBody, type ErrorCode, fromErrorBody, statusOfCode, toErrorBody, WarmAgentError } from './errors.ts'
export type { Evidence, Lease, OpenEvent, Outcome, WarmLease } from './lease.ts'
export {
  agentHeader,
  closeAfterParameter,
  defaultBasePath,
  headerNames,
  heldOutHeader,
  outcomeHeader,
  type RouteName,
  routes,
  ticketHeader,
  versionHeader,
  wireVersion,
} from './routes.ts'
