import type { Plugin } from 'vite'
import type { DemoBackend } from './server.ts'

/** Mounts the demo's backend on the dev server's own origin, from sources, and closes it with the server. */
export function demoBackend(): Plugin {
  let backend: Promise<DemoBackend> | undefined
  let stopListening = () => {}

  return {
    name: 'warm-agent-demo-backend',
    // Vitest reads the same configuration, and needs no backend.
    apply: (_, { command, isPreview }) => command === 'serve' && !isPreview && !process.env.VITEST,

    configureServer(server) {
      const end = (status: number) => void server.close().finally(() => process.exit(status))
      // Vite itself closes at SIGTERM only.
      const interrupt = () => end(130)
      process.once('SIGINT', interrupt)
      stopListening = () => void process.off('SIGINT', interrupt)
      backend = server
        .ssrLoadModule('/server.ts')
        .then(module => (module.startDemoBackend as () => Promise<DemoBackend>)())
      backend.then(
        ({ description }) => {
          const platform =
            description.runsOn === 'aws'
              ? `Amazon Bedrock AgentCore in ${description.region}`
              : `the emulator, boots of ${description.boot.medianMs} ms (median)`
          server.config.logger.info(`  ➜  Backend: /api on ${platform}`)
        },
        error => {
          server.config.logger.error(error.message, { error })
          end(1)
        },
      )
      server.middlewares.use('/api', (incoming, outgoing, next) => {
        backend?.then(({ handle }) => handle(incoming, outgoing)).catch(next)
      })
    },

    async buildEnd() {
      stopListening()
      const closing = backend
      backend = undefined
      await closing?.then(
        ({ close }) => close(),
        () => {},
      )
    },
  }
}
