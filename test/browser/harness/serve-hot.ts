import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { createServer } from 'vite'

const file = fileURLToPath(new URL('../pages/hot-chat.tsx', import.meta.url))

const html = `<!doctype html><html lang="en"><title>Page under test</title><body><script type="module">
  import { createElement, StrictMode } from 'react'
  import { createRoot } from 'react-dom/client'
  import { HotChat } from '/@fs${file}'
  createRoot(document.body).render(createElement(StrictMode, null, createElement(HotChat)))
</script></body></html>`

/** Vite's development server, with React's hot reload: `HotChat` at `/`, and the proxy at its usual place. */
export async function serveHot(proxyUrl: string) {
  const cacheDir = await mkdtemp(join(tmpdir(), 'warm-agent-vite-'))
  let edit = (code: string) => code
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    cacheDir,
    plugins: [
      {
        name: 'edits',
        enforce: 'pre',
        transform: (code, id) => (id === file ? edit(code) : undefined),
        configureServer: server => () =>
          server.middlewares.use(async (_, response) => {
            response.setHeader('content-type', 'text/html')
            response.end(await server.transformIndexHtml('/', html))
          }),
      },
      react(),
    ],
    resolve: { conditions: ['@warm-agent/source', 'module', 'browser', 'development'] },
    optimizeDeps: { noDiscovery: true, include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'] },
    server: { host: '127.0.0.1', port: 0, watch: null, proxy: { '/api/agent': proxyUrl } },
  })
  await server.listen()
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    /** As if the developer had saved the file so. */
    async save(change: typeof edit) {
      edit = change
      for (const module of server.moduleGraph.getModulesByFile(file) ?? []) await server.reloadModule(module)
    },
    async close() {
      await server.close()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}
