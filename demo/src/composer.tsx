import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { suggestions } from '../suggestions.ts'
import { Icon } from './icons.tsx'
import './composer.css'

interface Props {
  /** While an answer streams nothing is sent: two waits at once could not be compared. */
  isBusy: boolean
  onAsk: (prompt: string) => void
}

/** Asks both chats the same. */
export function Composer({ isBusy, onAsk }: Props) {
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)

  useEffect(() => focusField(field.current), [])

  const ask = (prompt: string) => {
    if (isBusy || !prompt.trim()) return
    onAsk(prompt.trim())
    setText('')
    focusField(field.current)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    ask(text)
  }
  const submitOnEnter = (event: KeyboardEvent) => {
    // Enter also ends the composition of a word by an input method.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    ask(text)
  }

  return (
    <div className="composer-dock">
      <ul className="suggestions" aria-label="Suggestions">
        {suggestions.map(suggestion => (
          <li key={suggestion}>
            <button type="button" className="chip" disabled={isBusy} onClick={() => ask(suggestion)}>
              {suggestion}
            </button>
          </li>
        ))}
      </ul>
      <form className="composer" onSubmit={submit}>
        <textarea
          ref={field}
          rows={1}
          maxLength={2000}
          value={text}
          data-testid="composer"
          aria-label="Question to both chats"
          placeholder="Ask about warm-agent"
          enterKeyHint="send"
          onChange={event => setText(event.target.value)}
          onKeyDown={submitOnEnter}
        />
        <button type="submit" className="send" data-testid="send" disabled={isBusy || !text.trim()}>
          <Icon name="send" />
          <span className="visually-hidden">Send to both</span>
        </button>
      </form>
    </div>
  )
}

/** Ready for the next question. Not on a phone, where it would open the keyboard over the answers. */
function focusField(field: HTMLTextAreaElement | null) {
  if (matchMedia('(hover: hover) and (pointer: fine)').matches) field?.focus({ preventScroll: true })
}
