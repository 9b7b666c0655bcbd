import { Icon } from './icons.tsx'

/** What went wrong, in the sentence that the error brought. */
export function Problem({ text }: { text: string }) {
  return (
    <p className="problem" role="alert">
      <Icon name="alert" /> {text}
    </p>
  )
}
