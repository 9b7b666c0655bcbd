import { Icon } from './icons.tsx'

export function PageHeader({ onRestart }: { onRestart: () => void }) {
  return (
    <header className="page-header">
      <span className="logo">
        <Icon name="flame" />
      </span>
      <div className="page-title">
        <h1>warm-agent</h1>
        <p>The first answer comes at once: the agent was warm before you asked.</p>
      </div>
      <button type="button" className="button-quiet" data-testid="new-conversation" onClick={onRestart}>
        <Icon name="restart" />
        <span>New conversation</span>
      </button>
    </header>
  )
}
