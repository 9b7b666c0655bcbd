import type { IncomingHttpHeaders } from 'node:http'
import { PlatformError } from '../platform-errors.ts'
import type { AuthMode } from './authorizer-options.ts'
import { readBearer } from './bearer.ts'
import type { Credentials } from './credentials.ts'
import { readSignature } from './read-signature.ts'
import { type SignedRequest, verifySignature } from './verify-signature.ts'
import type { TokenVerifier } from './verify-token.ts'

export interface AuthenticateSetup {
  mode: AuthMode
  credentials: readonly Credentials[]
  region: string
  verifyToken: TokenVerifier
}

/** Lets a request in, or throws what the platform answers. `metadataUrl`: where a client learns who issues tokens. */
export type Authenticate = (request: SignedRequest, metadataUrl: string) => Promise<void>

export function createAuthenticate({ mode, credentials, region, verifyToken }: AuthenticateSetup): Authenticate {
  return async (request, metadataUrl) => {
    if (mode === 'none') return
    const { headers, query } = request
    const bearer = readBearer(headers)
    if (mode === 'sigv4') {
      if (bearer !== undefined) throw methodMismatch()
      const claimed = readSignature(headers, query)
      if (!claimed) throw new PlatformError('AccessDeniedException', sayMissing(headers))
      return verifySignature(claimed, request, { credentials, region })
    }
    if (bearer === undefined) {
      if (readSignature(headers, query)) throw methodMismatch()
      throw unauthorized(sayMissing(headers), `Bearer resource_metadata="${metadataUrl}"`)
    }
    const why = await verifyToken(bearer)
    if (why) throw unauthorized(why, `Bearer error="invalid_token", resource_metadata="${metadataUrl}"`)
  }
}

/** The words of AWS (aws/agentcore-cli#714). */
function methodMismatch(): PlatformError {
  return new PlatformError(
    'AccessDeniedException',
    'Authorization method mismatch. The agent is configured for a different authorization method than what was used in ' +
      "your request. Check the agent's authorization configuration and ensure your request uses the matching method " +
      '(OAuth or SigV4)',
  )
}

function unauthorized(message: string, challenge: string): PlatformError {
  return new PlatformError('UnauthorizedException', message, { headers: { 'www-authenticate': challenge } })
}

function sayMissing({ authorization }: IncomingHttpHeaders): string {
  return authorization === undefined
    ? 'Missing Authentication Token'
    : "The Authorization header is neither a bearer token nor a signature with 'Credential', 'SignedHeaders', 'Signature' and 'X-Amz-Date'."
}
