import { createWarmSession } from '@warm-agent/client'
import { exposePage, options } from './page.ts'

const session = createWarmSession(options)
exposePage(() => ({ ...session.store.getState(), fetch: session.fetch }), {})
session.mount()
