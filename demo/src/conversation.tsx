import { WarmAgentDevtools } from '@warm-agent/react/devtools'
import { ChatPanel } from './chat-panel.tsx'
import { Comparison } from './comparison.tsx'
import { Composer } from './composer.tsx'
import { Footnote } from './footnote.tsx'
import { PageHeader } from './page-header.tsx'
import { Timeline } from './timeline.tsx'
import { useLane } from './use-lane.ts'
import './conversation.css'

/** Asked for in the address: the panel would lie over the composer. */
const showsDevtools = new URLSearchParams(location.search).has('devtools')

interface Props {
  /** When it began, by `performance.now()`: 0 is the opening of the page. */
  startedAtMs: number
  onRestart: () => void
}

/** Two chats that are asked the same, and what came of it. */
export function Conversation({ startedAtMs, onRestart }: Props) {
  const cold = useLane('cold', startedAtMs)
  const warm = useLane('warm', startedAtMs)
  const isBusy = cold.isBusy || warm.isBusy

  const ask = (prompt: string) => {
    const atMs = performance.now() - startedAtMs
    void cold.ask(prompt, atMs)
    void warm.ask(prompt, atMs)
  }
  const restart = () => {
    cold.leave()
    warm.leave()
    onRestart()
  }

  return (
    <div className="page">
      <PageHeader onRestart={restart} />
      <main className="stage">
        <Comparison cold={cold.turns.at(-1)} warm={warm.turns.at(-1)} startedAtMs={startedAtMs} />
        <div className="chats">
          <ChatPanel {...cold} startedAtMs={startedAtMs} />
          <ChatPanel {...warm} startedAtMs={startedAtMs} />
        </div>
      </main>
      <Composer isBusy={isBusy} onAsk={ask} />
      <Timeline events={[...cold.events, ...warm.events]} startedAtMs={startedAtMs} />
      <Footnote />
      {showsDevtools && <WarmAgentDevtools devtools={warm.devtools} session={warm.session} isOpen />}
    </div>
  )
}
