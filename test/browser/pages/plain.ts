import { createWarmSession } from '@warm-agent/client'
import { exposePage, options } from './page.ts'

// Below the fold, unless the page was scrolled.
const field = document.body.appendChild(document.createElement('textarea'))
field.style.cssText = `position: absolute; left: 0; top: ${location.hash ? 0 : '300vh'}; width: 200px; height: 100px`

const session = createWarmSession(options)
exposePage(() => ({ ...session.store.getState(), fetch: session.fetch }), {})
session.mount()
