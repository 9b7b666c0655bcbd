import { type EarlyScriptOptions, earlyScript } from './early.ts'

export interface WarmAgentEarlyOptions extends EarlyScriptOptions {
  /**
   * Told the hash of the script (`sha256-…`) for each page that it is put into, for a server that sends a
   * Content-Security-Policy. With Vite's `html.cspNonce` the script has the nonce, and needs no hash.
   * @default nothing
   */
  csp?: ((hash: string) => void | Promise<void>) | undefined
}

/** A plugin by its shape, so that this package needs no Vite. */
export interface WarmAgentEarlyPlugin {
  name: string
  transformIndexHtml(): Promise<HeadTag[]>
}

interface HeadTag {
  tag: 'meta' | 'script'
  attrs?: { charset: string }
  children?: string
  injectTo: 'head-prepend'
}

/** A Vite plugin that puts the early script at the start of every page's `<head>`, in development too. */
export function warmAgentEarly({ csp, ...options }: WarmAgentEarlyOptions = {}): WarmAgentEarlyPlugin {
  return {
    name: 'warm-agent-early',
    async transformIndexHtml() {
      const { script, hash } = await earlyScript(options)
      await csp?.(hash)
      return [
        // A browser looks for it in the first 1024 bytes, and begins the page anew when it comes later. Vite's pages are UTF-8.
        { tag: 'meta', attrs: { charset: 'utf-8' }, injectTo: 'head-prepend' },
        { tag: 'script', children: script, injectTo: 'head-prepend' },
      ]
    },
  }
}
