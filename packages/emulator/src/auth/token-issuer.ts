import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose'

/** What a token of the emulator says. */
export interface TokenRequest {
  /** The caller: claim `sub`. @default 'user' */
  sub?: string | undefined
  /** Claim `client_id`. @default the first of `oauth.allowedClients`, or 'emulator' */
  clientId?: string | undefined
  /** Claim `aud`. @default the first of `oauth.allowedAudience`, or none */
  audience?: string | undefined
  /** Claim `scope`. @default the first of `oauth.allowedScopes`, or none */
  scope?: string | undefined
  /** Seconds from now; below 0 it has expired already. @default 3600 */
  expiresIn?: number | undefined
  /** More claims. @default none */
  claims?: Readonly<Record<string, unknown>> | undefined
}

/** The emulator's own identity provider, for clients that have none at hand. */
export interface TokenIssuer {
  readonly issuer: string
  issue(token?: TokenRequest): Promise<string>
  keys(): Promise<JSONWebKeySet>
}

const algorithm = 'ES256'

/** @param issuer its URL, known once the emulator listens */
export function createTokenIssuer(
  issuer: () => string,
  defaults: Pick<TokenRequest, 'clientId' | 'audience' | 'scope'>,
): TokenIssuer {
  // Made when the first one asks: most emulators never need it.
  let made: ReturnType<typeof makeKey> | undefined
  const key = () => {
    made ??= makeKey()
    return made
  }

  return {
    get issuer() {
      return issuer()
    },
    async issue({ sub = 'user', expiresIn = 3_600, claims, ...token } = {}) {
      const { clientId = defaults.clientId, audience = defaults.audience, scope = defaults.scope } = token
      const now = Math.floor(Date.now() / 1_000)
      const payload: JWTPayload = {
        client_id: clientId,
        ...(audience !== undefined && { aud: audience }),
        ...(scope !== undefined && { scope }),
        token_use: 'access',
        ...claims,
      }
      const { privateKey, publicKey } = await key()
      return new SignJWT(payload)
        .setProtectedHeader({ alg: algorithm, kid: publicKey.kid, typ: 'JWT' })
        .setIssuer(issuer())
        .setSubject(sub)
        .setIssuedAt(Math.min(now, now + expiresIn))
        .setExpirationTime(now + expiresIn)
        .sign(privateKey)
    },
    keys: async () => ({ keys: [(await key()).publicKey] }),
  }
}

async function makeKey() {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  return { privateKey, publicKey: { ...(await exportJWK(publicKey)), alg: algorithm, use: 'sig', kid: 'emulator' } }
}
