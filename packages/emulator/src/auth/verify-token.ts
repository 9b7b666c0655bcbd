import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { PlatformError } from '../platform-errors.ts'
import type { JwtAuthorizer } from './authorizer-options.ts'
import type { TokenIssuer } from './token-issuer.ts'

interface Issuer {
  issuer: string
  keys: JWTVerifyGetKey
}

/** `undefined`: the token is good. A text: why it is not, in words for its bearer. */
export type TokenVerifier = (token: string) => Promise<string | undefined>

/** Checks tokens as the platform's JWT authorizer does: signature, issuer, times, and the lists that were configured. */
export function createTokenVerifier(authorizer: JwtAuthorizer, own: TokenIssuer): TokenVerifier {
  const { discoveryUrl } = authorizer
  let found: Promise<Issuer> | undefined
  const findIssuer = () => {
    found ??= discoveryUrl === undefined ? readOwn(own) : discover(discoveryUrl)
    // A failure is not kept: the next token may find the issuer up again.
    found.catch(() => {
      found = undefined
    })
    return found
  }

  return async token => {
    const { issuer, keys } = await findIssuer()
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, requiredClaims: ['exp'] })
      return mismatch(payload, authorizer)
    } catch (error) {
      if (error instanceof errors.JWKSTimeout) throw unreachable(error)
      if (error instanceof errors.JOSEError) return `OAuth authorization failed: ${error.message}`
      throw unreachable(error)
    }
  }
}

function mismatch(payload: JWTPayload, authorizer: JwtAuthorizer): string | undefined {
  const { allowedAudience, allowedClients, allowedScopes } = authorizer
  const clashes = (allowed: readonly string[] | undefined, has: unknown[]) =>
    allowed !== undefined && !has.some(value => allowed.includes(String(value)))
  const claim = [
    clashes(allowedAudience, [payload.aud].flat()) && 'aud',
    clashes(allowedClients, [payload.client_id]) && 'client_id',
    clashes(allowedScopes, String(payload.scope ?? '').split(' ')) && 'scope',
  ].find(Boolean)
  return claim ? `Claim '${claim}' value mismatch with configuration.` : undefined
}

async function readOwn(own: TokenIssuer): Promise<Issuer> {
  return { issuer: own.issuer, keys: createLocalJWKSet(await own.keys()) }
}

async function discover(url: string): Promise<Issuer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    const { issuer, jwks_uri: keysUrl } = (await answer.json()) as { issuer?: string; jwks_uri?: string }
    if (!issuer || !keysUrl) throw new Error('it names no issuer or no jwks_uri')
    return { issuer, keys: createRemoteJWKSet(new URL(keysUrl)) }
  } catch (cause) {
    throw unreachable(cause)
  }
}

function unreachable(cause: unknown): PlatformError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PlatformError('InternalServerException', `Could not read the keys of the token's issuer: ${why}.`, {
    cause,
  })
}
