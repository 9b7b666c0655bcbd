import type { WireOptions } from '@warm-agent/emulator'
import { integer, list, oneOf, optional, setting, type Values } from './settings.ts'

/** Who may call the emulator, and what goes wrong. */
export const wireSettings = {
  auth: setting('MODE', 'what callers must show: sigv4, oauth or none', oneOf('sigv4', 'oauth', 'none'), {
    defaultText: 'sigv4',
  }),
  'oauth-discovery-url': setting('URL', 'the issuer of the tokens that are good, with --auth oauth', optional, {
    defaultText: "the emulator's own: POST /_emulator/oauth/token",
  }),
  'oauth-audiences': setting('NAMES', 'allowed audiences of tokens, comma-separated', list, { defaultText: 'any' }),
  'oauth-clients': setting('NAMES', 'allowed clients of tokens, comma-separated', list, { defaultText: 'any' }),
  qualifiers: setting('NAMES', 'the endpoints that exist, comma-separated', list, { defaultText: 'every one' }),
  chaos: setting('SPEC', 'what goes wrong, e.g. "throttle:rate=0.1;late:504,count=1,kind=message"', optional, {
    defaultText: 'nothing',
  }),
  'admin-port': setting('PORT', 'a port of its own for /_emulator/', integer(0, 65_535, undefined), {
    defaultText: 'that of --port',
  }),
  'allowed-hosts': setting(
    'NAMES',
    'hosts that are yours besides, in Host and in the Origin of pages, comma-separated',
    list,
    {
      defaultText: 'localhost, names without a dot, *.local, *.internal',
    },
  ),
}

export function wireOptionsFrom(values: Values<typeof wireSettings>): WireOptions {
  const lists = { allowedAudience: values['oauth-audiences'], allowedClients: values['oauth-clients'] }
  const oauth = { discoveryUrl: values['oauth-discovery-url'], ...lists }
  return {
    auth: values.auth,
    oauth: Object.values(oauth).some(Boolean) ? oauth : undefined,
    qualifiers: values.qualifiers,
    chaos: values.chaos,
    adminPort: values['admin-port'],
    allowedHosts: values['allowed-hosts'],
  }
}
