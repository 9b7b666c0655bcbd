// A server component, so that whatever of it belongs to the browser has to say so.
import { Chat } from './chat'

// biome-ignore lint/style/noDefaultExport: Next.js asks for one.
export default function Page() {
  return <Chat />
}
