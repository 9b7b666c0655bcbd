import { type OpenEvent, routes, wireVersion } from '@warm-agent/protocol'
import { type Finding, risk, saw, type Verdict, wrong } from '../finding.ts'

export interface ProxyFacts {
  url: string
  health:
    | {
        status: number
        version: string | null
        isOurs: boolean
        /** A proxy of ours says that it has no such route: it serves below another path. */
        isElsewhere: boolean
        location: string | undefined
      }
    | { unreachable: string }
  /** Why the proxy opened no session; `undefined` when it did, or was not asked. */
  open:
    | {
        status: number
        location: string | undefined
        isHeldOut: boolean
        broken?: string | undefined
        code?: string
        message?: string
      }
    | undefined
  /** What it streamed of the session that it opened; `undefined` when it opened none. */
  streamed: { status: number; headers: Headers; events: readonly OpenEvent[]; broken: string | undefined } | undefined
  hasHeader: boolean
}

/** Whether there is a proxy of ours that opens sessions. */
export function judgeProxy({ url, health, open, streamed, hasHeader }: ProxyFacts): Verdict {
  if ('unreachable' in health) {
    return saw(
      `nothing answers at ${url}`,
      wrong(
        'proxy-unreachable',
        `No connection to ${url}: ${health.unreachable}`,
        'The page can neither warm nor send.',
        'Check --proxy-url, and whether the proxy runs and is let through.',
      ),
    )
  }
  if (health.location !== undefined) {
    return saw(`a redirect answers at ${url}`, redirected(`${url}/health`, health.status, health.location))
  }
  if (health.isElsewhere) {
    return saw(
      `no proxy answers at ${url}`,
      wrong(
        'proxy-missing',
        `A proxy of warm-agent answers ${url}/health with status ${health.status}: there is one, and it serves below another base path.`,
        'The page can neither warm nor send.',
        'Compare the option basePath of createWarmProxy (warm-agent proxy has /api/agent) with the path of this address; they must be the same, and a router in between must neither add to it nor cut it.',
      ),
    )
  }
  if (!health.isOurs) {
    return saw(
      `no proxy answers at ${url}`,
      wrong(
        'proxy-missing',
        `${url}/health answers with status ${health.status}, which is not what a proxy of warm-agent says there.`,
        'The page can neither warm nor send.',
        'Give the base path too, for example https://chat.example.com/api/agent, and see that the router passes everything below it on, POST and GET.',
      ),
    )
  }
  return saw(
    `${url} answers${open?.isHeldOut ? '; this caller is held out, its session not looked at' : ''}`,
    health.version !== null &&
      health.version !== wireVersion &&
      wrong(
        'proxy-version',
        `The proxy speaks version ${health.version} of the wire, this command ${wireVersion}.`,
        'A page of another version is refused with 426.',
        'Update the one that is behind.',
      ),
    openFinding(url, open, hasHeader),
    streamed && streamedFinding(url, streamed),
  )
}

function redirected(url: string, status: number, location: string): Finding {
  return wrong(
    'proxy-redirects',
    `${url} answers with status ${status}, a redirect to ${location}.`,
    'A redirect makes a GET of a message or drops what it carries; where it does not, every request goes twice.',
    'If that is where pages find the proxy, give that address. Else see that the router, or a sign-in in front of it, redirects nothing below the base path, not even for a slash at the end.',
  )
}

function openFinding(url: string, open: ProxyFacts['open'], hasHeader: boolean): Finding | undefined {
  if (!open || open.isHeldOut) return undefined
  if (open.location !== undefined) return redirected(url + routes.open.path, open.status, open.location)
  const answer = `${open.status}${open.code ? ` ${open.code}` : ''}${open.message ? `: ${open.message}` : ''}`
  const said = open.broken === undefined ? answer : `no answer, ${open.broken}`
  if (open.status === 401) {
    return hasHeader
      ? wrong(
          'caller-refused',
          `The proxy does not accept the caller of --proxy-header: ${said}`,
          'Pages of that caller can neither warm nor send.',
          'Check the token: issuer, audience, expiry, and the name of the header.',
        )
      : risk(
          'sign-in-not-tried',
          `The proxy opens no session for a caller who did not sign in, as this one did not: ${said}`,
          'Where pages sign in that is as it should be, but whether theirs are warmed is not known. Where nobody signs in, every page is refused like this.',
          "Give --proxy-header 'authorization: Bearer …', or whatever else the proxy knows a caller by. To accept callers who do not sign in, set WARM_AGENT_ANONYMOUS=1 (createWarmProxy: authorize).",
        )
  }
  return wrong(
    'open-refused',
    `The proxy opens no session: ${said}`,
    'Nothing is warmed for anybody.',
    open.status === 429
      ? 'A limit of the proxy is reached: see limits in its README, and its event warm-refused.'
      : open.broken === undefined
        ? 'Its log tells the cause.'
        : 'See that what stands before it passes POST on below the base path; its log tells whether the request arrived.',
  )
}

function streamedFinding(
  url: string,
  { status, headers, events, broken }: NonNullable<ProxyFacts['streamed']>,
): Finding | undefined {
  const failed = events.find(event => event.event === 'failed')
  if (failed) {
    const { code, message } = failed.data.error
    return wrong(
      'warm-up-by-proxy-fails',
      `The warm-up by the proxy failed: ${code}, ${message}`,
      'Sessions are not warm when messages come.',
      'Its log tells the cause; run doctor with its settings (AGENT_RUNTIME_ARN and credentials) to see why.',
    )
  }
  const end = broken === undefined ? '.' : `: ${broken}`
  if (!events.some(event => event.event === 'lease')) {
    return wrong(
      'open-without-lease',
      `POST ${url}${routes.open.path} is answered with status ${status} and ${headers.get('content-type') ?? 'no content type'}, and there is no lease in it${end}`,
      'A page gets no ticket by such an answer, so nothing is warmed for it.',
      'See that what stands before the proxy passes POST and its answer on unchanged below the base path.',
    )
  }
  if (events.some(event => event.event === 'warm')) return undefined
  return wrong(
    'warm-up-cut',
    `The stream of POST ${url}${routes.open.path} ended before the session was warm${end}`,
    'The page never learns that its session is warm, and the proxy takes the page for gone: what was warmed is lost.',
    'Let an answer below the base path last as long as a warm-up may (limits.warmTimeoutMs of the proxy), and pass it on unchanged: raise the time limit of the gateway, load balancer or function before it.',
  )
}
