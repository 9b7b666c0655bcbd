import { defaultBasePath, headerNames, routes, wireVersion } from '@warm-agent/protocol'
import { pageKey } from './early-flight.ts'

export interface EarlyScriptOptions {
  /**
   * Where the proxy is mounted: the `endpoint` of the session that is to adopt what the script opens. A relative one is
   * resolved against the page, as it is before any `<base>` that comes after the script.
   * @default '/api/agent'
   */
  endpoint?: string | undefined
  /**
   * Which of several agents behind the proxy: the `agent` of the session.
   * @default the proxy's only agent; one that has several refuses (400)
   */
  agent?: string | undefined
}

export interface EarlyScript {
  /** The text of an inline script: what goes between `<script>` and `</script>`. */
  script: string
  /** Its hash for a Content-Security-Policy: `sha256-…`, to be put into `script-src` in single quotes. */
  hash: string
}

/**
 * Makes the inline script that opens the session while the bundle is still loading. For build tools and servers.
 * @throws Error when an option is unknown or makes no sense.
 * @example
 * const { script, hash } = await earlyScript({ endpoint: '/api/agent' })
 */
export async function earlyScript(options: EarlyScriptOptions = {}): Promise<EarlyScript> {
  const { endpoint = defaultBasePath, agent, ...unknown } = options
  for (const [name, value] of Object.entries({ endpoint, agent: agent ?? '', ...unknown })) {
    if (name in unknown || typeof value !== 'string') {
      throw new Error(`Could not make the early script: ${name} cannot be ${value}. See EarlyScriptOptions.`)
    }
  }
  const script = write(endpoint, agent)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(script))
  return { script, hash: `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}` }
}

/**
 * Text, and not a function's `toString()`, which a bundler would have rewritten. One line, so that no server changes its
 * hash by other line ends; each line here ends where a line break means nothing.
 *
 * - `b` is the endpoint, `k` the key, `c` ends the flight, `a` is its answer, `x` closes it, `d` says that it broke.
 * - `l` is the lease, of a stream that was last heard at `t`. It is read from a copy, for the one who leaves before anybody
 *   has adopted the session.
 * - A page that may not store anything throws, and opens nothing early. Nor does one that has a lease to take up, or one
 *   beside a tab that holds the spare.
 * - Nobody beats the session. So it can be adopted for as long as the first beat, which counts from then, comes in time.
 */
function write(endpoint: string, agent: string | undefined): string {
  const [before = '', after = ''] = pageKey('\0', agent).split('\0', 2)
  // How the names of locks and of what is stored end, for whatever user, within JSON.
  const end = quote(JSON.stringify(after).slice(1))
  return String.raw`
    (()=>{try{
      let u=new URL(${quote(endpoint)},document.baseURI),
      b=u.origin+u.pathname.replace(/\/+$/,""),
      k=${quote(before)}+b+${quote(after)},
      c=new AbortController,
      l,t,d,
      open=async()=>{
        if(JSON.stringify([await navigator.locks?.query(),...[sessionStorage,localStorage].map(Object.keys)]).includes(b+${end}))return;
        let r=await fetch(b+${quote(routes.open.path)},{
          method:${quote(routes.open.method)},
          headers:{${quote(headerNames.version)}:${quote(wireVersion)}},
          body:${quote(JSON.stringify({ agent }))},
          credentials:"include",
          signal:c.signal
        });
        if(r.ok)return read(r.clone().body.pipeThrough(new TextDecoderStream).getReader()).catch(()=>d=1),r
      },
      read=async r=>{
        for(let s="",e;!(e=await r.read()).done;)
          if(s+=e.value,e=/data: ?(.+)[\r\n]/.exec(s))l=JSON.parse(e[1]),t=Date.now()
      },
      x=()=>{
        if(self[k])delete self[k],l&&navigator.sendBeacon(b+${quote(routes.close.path)},l.ticket),c.abort()
      };
      if(document.visibilityState=="visible"&&!(navigator.connection?.saveData||self[k])){
        let a=open().catch(()=>{});
        self[k]=s=>{
          if(d||l&&Date.now()-t>l.ttlMs-l.beatMs)return x();
          delete self[k];
          s.addEventListener("abort",()=>c.abort());
          return a
        };
        addEventListener("pagehide",x)
      }
    }catch{}})()`.replace(/\n */g, '')
}

/** @returns a string literal that is the same in every encoding, and ends no script element. */
function quote(text = ''): string {
  return JSON.stringify(text).replace(
    /[<\u007f-\uffff]/g,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
