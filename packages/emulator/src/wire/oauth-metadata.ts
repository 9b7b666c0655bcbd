import type { IncomingHttpHeaders } from 'node:http'
import type { Route } from '../operation.ts'

/** OAuth 2.0 protected resource metadata (RFC 9728), as far as AgentCore gives it. */
export interface OAuthMetadata {
  authorization_servers: string[]
  resource: string
}

export function oauthMetadata(headers: IncomingHttpHeaders, route: Route, issuer: string): OAuthMetadata {
  return {
    authorization_servers: [issuer],
    resource: `${invocationsUrl(headers, route)}?qualifier=${qualifierOf(route)}`,
  }
}

/** Where a client that was refused reads it. */
export function metadataUrl(headers: IncomingHttpHeaders, route: Route): string {
  return `${invocationsUrl(headers, route)}/.well-known/oauth-protected-resource?qualifier=${qualifierOf(route)}`
}

/** By the name under which the client reached us. */
function invocationsUrl({ host }: IncomingHttpHeaders, { runtime }: Route): string {
  return `http://${host ?? 'localhost'}/runtimes/${runtime}/invocations`
}

function qualifierOf({ query }: Route): string {
  return encodeURIComponent(query.get('qualifier') ?? 'DEFAULT')
}
