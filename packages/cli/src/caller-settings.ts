import { type Authorize, anonymousCallers } from '@warm-agent/proxy'
import { jwtCallers } from '@warm-agent/proxy/jwt'
import { networkOf } from './network-of.ts'
import { isOn, list, optional, setting, type Values } from './settings.ts'

/** The settings that say who may call. */
export const callerSettings = {
  'warm-agent-anonymous': {
    help: 'accept callers who did not sign in, each bound to a sealed cookie',
    variable: 'WARM_AGENT_ANONYMOUS',
    read: isOn,
  },
  'warm-agent-cross-site': {
    help: 'their pages live on another site than the proxy: the cookie crosses sites, over https or, in Chromium, on this machine',
    variable: 'WARM_AGENT_CROSS_SITE',
    read: isOn,
  },
  'warm-agent-address-header': setting(
    'NAME',
    'the header in which your load balancer tells the address of a caller: the limits per caller who did not sign in count by the last one in it, of IPv6 by its /64',
    optional,
    { variable: 'WARM_AGENT_ADDRESS_HEADER', defaultText: 'none: they count by the cookie' },
  ),
  'warm-agent-jwt-issuer': setting('ISSUER', 'accept callers with a token (JWT) of this issuer', optional, {
    variable: 'WARM_AGENT_JWT_ISSUER',
  }),
  'warm-agent-jwt-audience': setting('NAMES', 'the audience of the tokens: their aud, comma-separated', list, {
    variable: 'WARM_AGENT_JWT_AUDIENCE',
  }),
  'warm-agent-jwt-jwks': setting('URL', "the issuer's public keys", optional, {
    variable: 'WARM_AGENT_JWT_JWKS',
    defaultText: '<issuer>/.well-known/jwks.json',
  }),
  'warm-agent-jwt-cookie': setting('NAME', 'the cookie to read a token from, when there is no header', optional, {
    variable: 'WARM_AGENT_JWT_COOKIE',
  }),
}

/**
 * @param passToRuntime Whether a caller's token goes on to the agent's runtime.
 * @param onRefused Hears why a token is refused.
 * @returns `undefined` when nobody may call.
 * @throws Error naming what makes no sense.
 */
export function callersFrom(
  values: Values<typeof callerSettings>,
  secret: readonly string[],
  passToRuntime: boolean,
  onRefused: (reason: string) => void,
): Authorize | undefined {
  const signedIn = signedInFrom(values, passToRuntime, reason => {
    // Who brings none is told of as any other request that is refused, or is welcome.
    if (reason !== 'no token') onRefused(reason)
  })
  const header = values['warm-agent-address-header']
  if (header !== undefined && !/^[\w-]+$/.test(header)) {
    throw new Error(
      `Could not use WARM_AGENT_ADDRESS_HEADER: no header is named "${header}". Use letters, digits and -.`,
    )
  }
  const limitKey =
    header && ((request: Request) => networkOf(request.headers.get(header)?.split(',').at(-1)?.trim() ?? ''))
  const anonymous = values['warm-agent-anonymous']
    ? anonymousCallers({ secret, crossSite: values['warm-agent-cross-site'], ...(limitKey && { limitKey }) })
    : undefined
  if (!signedIn || !anonymous) return signedIn ?? anonymous
  return async request => (await signedIn(request)) ?? anonymous(request)
}

function signedInFrom(
  values: Values<typeof callerSettings>,
  passToRuntime: boolean,
  onRefused: (reason: string) => void,
): Authorize | undefined {
  const issuer = values['warm-agent-jwt-issuer']
  const audience = values['warm-agent-jwt-audience']
  const jwks = values['warm-agent-jwt-jwks']
  const cookieName = values['warm-agent-jwt-cookie']
  if (!issuer && !audience && !jwks && !cookieName) return undefined
  if (!issuer || !audience) {
    throw new Error('Could not accept tokens: WARM_AGENT_JWT_ISSUER and WARM_AGENT_JWT_AUDIENCE go together. Set both.')
  }
  return jwtCallers({
    issuer,
    audience,
    passToRuntime,
    onRefused,
    ...(jwks && { jwks }),
    ...(cookieName && { cookieName }),
  })
}
