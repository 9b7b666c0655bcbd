import { WarmAgentError } from '@warm-agent/protocol'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import * as z from 'zod'
import { aFunction } from './a-function.ts'
import { type Authorize, type Caller, longestCallerId } from './callers.ts'
import { explainRefusal } from './explain-refusal.ts'
import { takesLean } from './lean-request.ts'
import { readCookie } from './read-cookie.ts'
import { tellListener } from './tell-listener.ts'

export interface JwtCallersOptions {
  /** Who signs the tokens: their `iss`, to the letter. */
  issuer: string
  /**
   * For whom they are signed: one of these is their `aud`. Access tokens of Amazon Cognito have none; there it is their
   * `client_id`.
   */
  audience: string | readonly string[]
  /**
   * The issuer's public keys, as a JWKS: fetched at the first request, kept for ten minutes, and fetched again when a token
   * names a key that is not there. @default `<issuer>/.well-known/jwks.json`
   */
  jwks?: string | URL | JWTVerifyGetKey
  /** Reads the token from this cookie when there is no `Authorization: Bearer`. @default none */
  cookieName?: string
  /** @default the asymmetric ones: RS256, PS256, ES256 and their longer kin, and EdDSA */
  algorithms?: readonly string[]
  /** By how much the clocks may differ, in seconds. @default 5 */
  clockToleranceSeconds?: number
  /**
   * Passes the token on to the agent's runtime with each of the caller's calls: for a runtime that takes OAuth.
   * @default false
   */
  passToRuntime?: boolean
  /** @default the issuer and the token's `sub` */
  callerIdOf?: (claims: JWTPayload) => string
  /**
   * Hears why a request is refused, which whoever sent it is not told: `no token`, or the code of `jose` and the claim, for
   * example `ERR_JWT_EXPIRED, claim "exp" check_failed`. Nothing of the token is quoted. What it throws, or rejects with, is
   * printed by `console.error`. @default nobody hears it
   */
  onRefused?: (reason: string) => void
}

// A token that is signed with a secret could be forged by everybody who can check it.
const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const fetchWithinMs = 5_000

const word = z.string().min(1)
const optionsSchema = z.strictObject({
  issuer: word,
  audience: z.union([word, z.array(word).min(1)]),
  jwks: z.unknown().optional(),
  cookieName: word.optional(),
  algorithms: z.array(z.enum(asymmetric)).min(1).default(asymmetric),
  clockToleranceSeconds: z.number().min(0).max(300).default(5),
  passToRuntime: z.boolean().default(false),
  callerIdOf: aFunction.optional(),
  onRefused: aFunction.optional(),
})

/**
 * Accepts callers who bring a signed token (JWT) of your identity provider. One that is missing, expired, forged or meant
 * for somebody else, or whose `sub` is empty or makes a name of over 512 characters, is refused with 401.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function jwtCallers(options: JwtCallersOptions): Authorize {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    // There is no such option, but somebody whose tokens are signed with a secret may give it.
    const refused = explainRefusal(checked.error, options, ['secret'])
    throw new Error(`Could not accept tokens: ${refused}. See JwtCallersOptions.`)
  }
  const { issuer, algorithms, clockToleranceSeconds, passToRuntime, cookieName } = checked.data
  const audiences = [checked.data.audience].flat()
  const keys = typeof options.jwks === 'function' ? options.jwks : remoteKeys(options.jwks ?? defaultJwks(issuer))
  const { callerIdOf = ({ iss, sub }) => `${iss} ${sub}`, onRefused } = options
  const refuse = (reason: string): undefined => void tellListener('onRefused', () => onRefused?.(reason))

  return takesLean(async (request): Promise<Caller | undefined> => {
    const token = bearerOf(request) ?? (cookieName && readCookie(request, cookieName))
    if (!token) return refuse('no token')
    const claims = await verify(token)
    if (!claims) return undefined
    const callerId = callerIdOf(claims)
    if (callerId?.length > longestCallerId) return refuse(`a name of over ${longestCallerId} characters`)
    return { callerId, ...(passToRuntime && { bearer: token }) }
  })

  async function verify(token: string): Promise<JWTPayload | undefined> {
    const rules = { issuer, algorithms, clockTolerance: clockToleranceSeconds, requiredClaims: ['exp'] }
    try {
      const { payload } = await jwtVerify(token, keys, rules)
      checkAudience(payload, audiences)
      // All who share an empty name would share sessions, and as text every object has the same one, or none.
      if (!payload.sub || typeof payload.sub === 'object') throw wrongClaim(payload, 'sub')
      return payload
    } catch (cause) {
      if (isOfToken(cause)) return refuse(reasonOf(cause))
      throw new WarmAgentError(
        'agent_unavailable',
        'Could not tell who is asking: the keys to check that with could not be had. Try again in a moment.',
        { cause },
      )
    }
  }
}

/** @throws JWTClaimValidationFailed, as `jose` itself does for the other claims. */
function checkAudience(payload: JWTPayload, audiences: readonly string[]): void {
  const { aud, client_id } = payload
  if ([aud ?? client_id].flat().some(each => audiences.includes(each as string))) return
  throw wrongClaim(payload, aud === undefined && client_id !== undefined ? 'client_id' : 'aud')
}

function wrongClaim(payload: JWTPayload, claim: string): errors.JWTClaimValidationFailed {
  const reason = payload[claim] === undefined ? 'missing' : 'check_failed'
  return new errors.JWTClaimValidationFailed(`claim "${claim}" ${reason}`, payload, claim, reason)
}

/** Not the message of the error: some quote the token. */
function reasonOf(error: errors.JOSEError): string {
  const isOfClaim = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired
  return isOfClaim ? `${error.code}, claim "${error.claim}" ${error.reason}` : error.code
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

function defaultJwks(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`
}

function remoteKeys(jwks: string | URL): JWTVerifyGetKey {
  if (!URL.canParse(jwks))
    throw new Error(`Could not accept tokens: option jwks: "${jwks}" is no URL. Give the whole one.`)
  return createRemoteJWKSet(new URL(jwks), { timeoutDuration: fetchWithinMs })
}

/** Whether the token is at fault, not the keys or the way to them. */
function isOfToken(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    error.code !== 'ERR_JOSE_GENERIC' &&
    !['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JWK_INVALID'].includes(error.code)
  )
}
