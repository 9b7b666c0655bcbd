import type { Caller } from '../callers.ts'
import type { SessionContext } from '../sessions/session-context.ts'

/** One route: it trusts that origin, version and caller have been checked, and throws a WarmAgentError to refuse. */
export type RouteHandler = (context: SessionContext, caller: Caller, request: Request) => Promise<Response>
